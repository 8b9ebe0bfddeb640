ALTER TABLE "moves" ADD COLUMN "waiting" jsonb;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "mover_host" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "host" text;