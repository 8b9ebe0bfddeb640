CREATE TABLE "move_passes" (
	"move_id" uuid PRIMARY KEY NOT NULL,
	"progress" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "copied_to" text;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "sends_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "stopped" jsonb;--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "accepted_loss" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "dirty" ADD COLUMN "synced_lsn" bigint;--> statement-breakpoint
ALTER TABLE "dirty" ADD COLUMN "synced_stamped" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "move_passes" ADD CONSTRAINT "move_passes_move_id_moves_id_fk" FOREIGN KEY ("move_id") REFERENCES "public"."moves"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "dirty_open" ON "dirty" USING btree ("move_id","seq") WHERE verified_seq is distinct from seq;--> statement-breakpoint
CREATE INDEX "dirty_unsettled" ON "dirty" USING btree ("move_id","record_id") WHERE state = 'inflight' or suspect_until is not null;