CREATE TABLE "index_reembeds" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"index_id" bigint NOT NULL,
	"model" text NOT NULL,
	"tokens_per_day" bigint NOT NULL,
	"leave_behind" integer DEFAULT 0 NOT NULL,
	"max_recall_loss" double precision,
	"state" text DEFAULT 'running' NOT NULL,
	"skipped" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "index_reembeds_state" CHECK ("index_reembeds"."state" in ('running', 'stopped', 'done')),
	CONSTRAINT "index_reembeds_ended" CHECK (("index_reembeds"."state" = 'running') = ("index_reembeds"."ended_at" is null))
);
--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "index_reembed_id" uuid;--> statement-breakpoint
ALTER TABLE "index_reembeds" ADD CONSTRAINT "index_reembeds_index_id_indexes_id_fk" FOREIGN KEY ("index_id") REFERENCES "public"."indexes"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "index_reembeds_one_running" ON "index_reembeds" USING btree ("index_id") WHERE state = 'running';--> statement-breakpoint
CREATE INDEX "moves_index_reembed" ON "moves" USING btree ("index_reembed_id") WHERE index_reembed_id is not null;