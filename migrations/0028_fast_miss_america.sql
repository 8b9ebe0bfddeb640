CREATE TABLE "crm_marks" (
	"source" text NOT NULL,
	"account" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"event" text NOT NULL,
	"tag" text NOT NULL,
	"tier_since" timestamp with time zone NOT NULL,
	CONSTRAINT "crm_marks_source_account_pk" PRIMARY KEY("source","account")
);
