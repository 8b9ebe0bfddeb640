ALTER TABLE "sessions" ADD COLUMN "retired" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "draining" jsonb DEFAULT '{}'::jsonb NOT NULL;