CREATE TABLE "approvals" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"verb" text NOT NULL,
	"subject" text NOT NULL,
	"call" jsonb NOT NULL,
	"plan" jsonb NOT NULL,
	"state" text DEFAULT 'awaiting_approval' NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"note" text,
	"expires_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"reason" text,
	"location" text,
	CONSTRAINT "approvals_state" CHECK ("approvals"."state" in ('awaiting_approval', 'approved', 'rejected', 'void'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_one_waiting" ON "approvals" USING btree ("verb","subject") WHERE state = 'awaiting_approval';--> statement-breakpoint
CREATE INDEX "approvals_requested" ON "approvals" USING btree ("requested_at");