ALTER TABLE "indexes" ADD COLUMN "sealed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "first_write_at" timestamp with time zone;