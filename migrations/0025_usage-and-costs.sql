ALTER TABLE "tenant_requests" ADD COLUMN "errors" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "cache_hits" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "read_units" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "write_units" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "egress_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "written_records" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "written_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "latency" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "records" bigint;