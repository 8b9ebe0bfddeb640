ALTER TABLE "tenants" ADD COLUMN "searched" text GENERATED ALWAYS AS (lower("id" || ' ' || "name" || ' ' || "attributes"::text)) STORED;
