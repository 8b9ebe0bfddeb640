ALTER TABLE "moves" ADD COLUMN "max_recall_loss" double precision;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "recall_accepted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "evaluation" jsonb;