CREATE TABLE "console_sign_ins" (
	"subject" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL
);
