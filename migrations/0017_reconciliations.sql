CREATE TABLE "reconcile_findings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "reconcile_findings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"project" text NOT NULL,
	"index_name" text NOT NULL,
	"namespace" text DEFAULT '' NOT NULL,
	"tenant_id" text DEFAULT '' NOT NULL,
	"detail" jsonb NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"looks" integer NOT NULL,
	"fix" text NOT NULL,
	"fix_note" text,
	CONSTRAINT "reconcile_findings_fix" CHECK ("reconcile_findings"."fix" in ('none', 'waiting', 'due', 'done', 'refused'))
);
--> statement-breakpoint
CREATE TABLE "reconciliations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"fix" boolean DEFAULT false NOT NULL,
	"created_by" text NOT NULL,
	"progress" jsonb DEFAULT '{"indexes":[],"unseen":[],"namespaces":0,"tenants":0,"tenantsLeft":0,"unlisted":0}'::jsonb NOT NULL,
	"after_tenant" text DEFAULT '' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"fault" text,
	"claim" uuid,
	"run_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "reconciliations_state" CHECK ("reconciliations"."state" in ('running', 'done', 'failed')),
	CONSTRAINT "reconciliations_finished" CHECK (("reconciliations"."state" = 'running') = ("reconciliations"."finished_at" is null))
);
--> statement-breakpoint
ALTER TABLE "reconcile_findings" ADD CONSTRAINT "reconcile_findings_run_id_reconciliations_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."reconciliations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "reconcile_findings_subject" ON "reconcile_findings" USING btree ("run_id","kind","project","index_name","namespace","tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "reconciliations_one_running" ON "reconciliations" USING btree ((true)) WHERE state = 'running';--> statement-breakpoint
CREATE INDEX "reconciliations_created" ON "reconciliations" USING btree ("created_at");