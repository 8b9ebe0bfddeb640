CREATE TABLE "place_watch" (
	"place_id" bigint PRIMARY KEY NOT NULL,
	"own_lsn" bigint,
	"own_at" timestamp with time zone,
	"is_unsure" boolean DEFAULT false NOT NULL,
	"seen_lsn" bigint,
	"seen_records" bigint,
	"seen_at" timestamp with time zone,
	"pending_lsn" bigint,
	"pending_at" timestamp with time zone,
	"suspicions" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "indexes" ADD COLUMN "seal_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "place_watch" ADD CONSTRAINT "place_watch_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE cascade ON UPDATE no action;