CREATE TABLE "offboardings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "offboardings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" text NOT NULL,
	"life" integer NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"only_if_unused" boolean DEFAULT false NOT NULL,
	"before" jsonb,
	"places" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"receipt" jsonb,
	"recheck_at" timestamp with time zone,
	"rechecks" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "offboardings_life" UNIQUE("tenant_id","life")
);
--> statement-breakpoint
ALTER TABLE "offboardings" ADD CONSTRAINT "offboardings_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "offboardings_recheck" ON "offboardings" USING btree ("recheck_at");