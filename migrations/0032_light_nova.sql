ALTER TABLE "moves" DROP CONSTRAINT "moves_kind";--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "wanted_region" text;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "wanted_project" text;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "region_before" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "knows" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "moves" ADD CONSTRAINT "moves_kind" CHECK ("moves"."kind" in ('promote', 'demote', 'rebalance', 'reembed', 'relocate'));