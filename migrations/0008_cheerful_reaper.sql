ALTER TABLE "indexes" DROP CONSTRAINT "indexes_kind";--> statement-breakpoint
ALTER TABLE "indexes" ADD COLUMN "adopted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "adopted_namespace" text;--> statement-breakpoint
ALTER TABLE "indexes" ADD CONSTRAINT "indexes_kind" CHECK (("indexes"."kind" = 'pool' and "indexes"."tenant_id" is null and ("indexes"."ordinal" is not null or "indexes"."adopted_at" is not null)) or ("indexes"."kind" = 'silo' and "indexes"."ordinal" is null and ("indexes"."tenant_id" is not null or "indexes"."adopted_at" is not null)));