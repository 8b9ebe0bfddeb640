ALTER TABLE "moves" DROP CONSTRAINT "moves_kind";--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "wanted_model" text;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "leave_behind" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "embedded_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_keys" ADD COLUMN "model" text;--> statement-breakpoint
ALTER TABLE "places" ADD COLUMN "needs_model" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_requests" ADD COLUMN "unnamed_vectors" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "moves" ADD CONSTRAINT "moves_kind" CHECK ("moves"."kind" in ('promote', 'demote', 'rebalance', 'reembed'));