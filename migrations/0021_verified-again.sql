ALTER TABLE "moves" ADD COLUMN "verified_again" jsonb;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "verify_until" timestamp with time zone;