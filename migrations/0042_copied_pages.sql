CREATE TABLE "copied_pages" (
	"move_id" uuid NOT NULL,
	"first_id" text collate "C" NOT NULL,
	"last_id" text collate "C" NOT NULL,
	"records" integer NOT NULL,
	"digest" text NOT NULL,
	CONSTRAINT "copied_pages_move_id_first_id_pk" PRIMARY KEY("move_id","first_id")
);
--> statement-breakpoint
ALTER TABLE "copied_pages" ADD CONSTRAINT "copied_pages_move_id_moves_id_fk" FOREIGN KEY ("move_id") REFERENCES "public"."moves"("id") ON DELETE no action ON UPDATE no action;