CREATE TABLE "isolation_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"options" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"claim" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"step" text DEFAULT 'waits for a replica' NOT NULL,
	"report" jsonb,
	"fault" text,
	"thawed_at" timestamp with time zone,
	"thawed_by" text,
	CONSTRAINT "isolation_runs_state" CHECK ("isolation_runs"."state" in ('queued', 'running', 'passed', 'failed', 'inconclusive', 'broken'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "isolation_runs_one_open" ON "isolation_runs" USING btree ((true)) WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "isolation_runs_frozen" ON "isolation_runs" USING btree ("created_at") WHERE state = 'failed' and thawed_at is null;--> statement-breakpoint
CREATE INDEX "isolation_runs_created" ON "isolation_runs" USING btree ("created_at","id");