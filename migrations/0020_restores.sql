CREATE TABLE "restores" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "restores_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"restored_at" timestamp with time zone DEFAULT now() NOT NULL,
	"checked_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "places" DROP CONSTRAINT "places_state";--> statement-breakpoint
ALTER TABLE "tenants" DROP CONSTRAINT "tenants_status";--> statement-breakpoint
ALTER TABLE "reconciliations" ADD COLUMN "from_store" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "places" ADD COLUMN "seen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "places" ADD COLUMN "seen_records" bigint;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "held" jsonb;--> statement-breakpoint
ALTER TABLE "places" ADD CONSTRAINT "places_state" CHECK ("places"."state" in ('reserved', 'active', 'follower', 'found', 'retiring', 'purged'));--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_held" CHECK (("tenants"."status" = 'held') = ("tenants"."held" is not null));--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_status" CHECK ("tenants"."status" in ('provisioning', 'active', 'suspended', 'held', 'offboarding', 'offboarded'));