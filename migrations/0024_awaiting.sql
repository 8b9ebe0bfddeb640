CREATE TABLE "advice_look" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"looked_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "advice_look_one_row" CHECK ("advice_look"."one")
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "tier_since" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "tenants_crm_id" ON "tenants" USING btree (("attributes" ->> 'crmId'));