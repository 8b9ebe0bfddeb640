CREATE TABLE "app_documents" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"run" uuid NOT NULL,
	"records" integer NOT NULL,
	"source" text,
	"visibility" text[],
	"changed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "app_documents_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "inventories" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"document_field" text,
	"id_pattern" text,
	"visibility_field" text NOT NULL,
	"state" text NOT NULL,
	"run" uuid NOT NULL,
	"place_id" bigint NOT NULL,
	"tick" bigint NOT NULL,
	"after_id" text,
	"cursor" text,
	"records" integer DEFAULT 0 NOT NULL,
	"unnamed" integer DEFAULT 0 NOT NULL,
	"unusable" integer DEFAULT 0 NOT NULL,
	"reserved" integer DEFAULT 0 NOT NULL,
	"changed_at" timestamp with time zone,
	"fault" text,
	"claim" uuid,
	"run_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "inventories_state" CHECK ("inventories"."state" in ('building', 'ready')),
	CONSTRAINT "inventories_rule" CHECK (("inventories"."document_field" is null) <> ("inventories"."id_pattern" is null))
);
--> statement-breakpoint
ALTER TABLE "app_documents" ADD CONSTRAINT "app_documents_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inventories" ADD CONSTRAINT "inventories_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inventories" ADD CONSTRAINT "inventories_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "inventories_due" ON "inventories" USING btree ("run_at") WHERE state = 'building';