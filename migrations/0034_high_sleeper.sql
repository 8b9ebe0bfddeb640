CREATE TABLE "supplied_vectors" (
	"file_id" uuid NOT NULL,
	"record_id" text NOT NULL,
	"instead" text NOT NULL,
	"values" "bytea" NOT NULL,
	CONSTRAINT "supplied_vectors_file_id_record_id_pk" PRIMARY KEY("file_id","record_id")
);
--> statement-breakpoint
CREATE TABLE "vector_files" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"model" text NOT NULL,
	"dimension" integer NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"move_id" uuid
);
--> statement-breakpoint
ALTER TABLE "moves" ADD COLUMN "vectors_from" uuid;--> statement-breakpoint
ALTER TABLE "supplied_vectors" ADD CONSTRAINT "supplied_vectors_file_id_vector_files_id_fk" FOREIGN KEY ("file_id") REFERENCES "public"."vector_files"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vector_files" ADD CONSTRAINT "vector_files_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vector_files" ADD CONSTRAINT "vector_files_move_id_moves_id_fk" FOREIGN KEY ("move_id") REFERENCES "public"."moves"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "vector_files_tenant" ON "vector_files" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "vector_files_move" ON "vector_files" USING btree ("move_id");