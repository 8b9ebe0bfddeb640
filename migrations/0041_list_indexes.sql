CREATE INDEX "tenants_tier_id" ON "tenants" USING btree ("tier","id");--> statement-breakpoint
CREATE INDEX "tenants_status_id" ON "tenants" USING btree ("status","id");--> statement-breakpoint
-- Searches do without it, and read every tenant then: pg_trgm is missing where Postgres's contributed modules are, and a
-- role needs the right to create in the database.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "tenants_searched" ON "tenants" USING gin ("searched" gin_trgm_ops);
EXCEPTION
  WHEN feature_not_supported OR undefined_file OR undefined_object OR insufficient_privilege THEN NULL;
END $$;
