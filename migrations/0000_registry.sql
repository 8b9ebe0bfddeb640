CREATE SEQUENCE "public"."write_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "advice" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"advice" text NOT NULL,
	"reasons" jsonb NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "advice_kind" CHECK ("advice"."advice" in ('promote', 'demote'))
);
--> statement-breakpoint
CREATE TABLE "cleanups" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "cleanups_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"place_id" bigint NOT NULL,
	"move_id" uuid,
	"armed" boolean DEFAULT false NOT NULL,
	"not_before" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"done_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "move_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "move_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"move_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"state" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "moves" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"source_place_id" bigint NOT NULL,
	"wanted_index_id" bigint,
	"target_place_id" bigint,
	"barrier_tick" bigint,
	"cursor" text,
	"claimed_ids" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"total" integer,
	"copied" integer DEFAULT 0 NOT NULL,
	"verified" integer DEFAULT 0 NOT NULL,
	"repairs" integer DEFAULT 0 NOT NULL,
	"verification" jsonb,
	"barrier_at" timestamp with time zone,
	"compared_at" timestamp with time zone,
	"request" text,
	"gate" text,
	"error" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"not_before" timestamp with time zone,
	"mover_token" bigint DEFAULT 0 NOT NULL,
	"mover_lease_until" timestamp with time zone,
	"held_at" timestamp with time zone,
	"fence_tries" integer DEFAULT 0 NOT NULL,
	"paused_state" text,
	"write_pause_ms" integer,
	"switched_at" timestamp with time zone,
	"retain_until" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "moves_kind" CHECK ("moves"."kind" in ('promote', 'demote', 'rebalance')),
	CONSTRAINT "moves_state" CHECK ("moves"."state" in ('queued', 'preparing', 'arming', 'copying', 'verifying', 'fencing', 'switching', 'soaking', 'completing', 'completed', 'paused', 'cancelling', 'cancelled', 'rolling_back', 'rolled_back', 'failed')),
	CONSTRAINT "moves_ended" CHECK (("moves"."state" in ('completed', 'cancelled', 'rolled_back', 'failed')) = ("moves"."ended_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "move_reports" (
	"move_id" uuid PRIMARY KEY NOT NULL,
	"range_size" integer NOT NULL,
	"ranges" jsonb NOT NULL,
	"verified_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"tenant_id" text,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dirty" (
	"move_id" uuid NOT NULL,
	"record_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"state" text NOT NULL,
	"is_put" boolean NOT NULL,
	"trust_store" boolean DEFAULT false NOT NULL,
	"lsn" bigint,
	"intent_at" timestamp with time zone NOT NULL,
	"done_at" timestamp with time zone,
	"deadline" timestamp with time zone NOT NULL,
	"session" uuid,
	"in_doubt" boolean DEFAULT false NOT NULL,
	"synced_seq" bigint,
	"synced_at" timestamp with time zone,
	"verified_seq" bigint,
	"suspect_until" timestamp with time zone,
	CONSTRAINT "dirty_move_id_record_id_pk" PRIMARY KEY("move_id","record_id"),
	CONSTRAINT "dirty_state" CHECK ("dirty"."state" in ('inflight', 'done'))
);
--> statement-breakpoint
CREATE TABLE "documents" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"state" text NOT NULL,
	"content_hash" text NOT NULL,
	"source" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"visibility" text[],
	"chunk_count" integer NOT NULL,
	"chunk_ceiling" integer NOT NULL,
	"claim" uuid,
	"claim_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "documents_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "documents_state" CHECK ("documents"."state" in ('writing', 'ready', 'deleting')),
	CONSTRAINT "documents_chunks" CHECK ("documents"."chunk_count" >= 0 and "documents"."chunk_ceiling" >= "documents"."chunk_count")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"owner" text NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"claim" uuid NOT NULL,
	"claimed_until" timestamp with time zone NOT NULL,
	"status" integer,
	"headers" jsonb,
	"body" text,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_owner_route_key_pk" PRIMARY KEY("owner","route","key")
);
--> statement-breakpoint
CREATE TABLE "indexes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "indexes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"ordinal" integer,
	"tenant_id" text,
	"host" text,
	"cloud" text NOT NULL,
	"region" text NOT NULL,
	"embedding_model" text NOT NULL,
	"dimension" integer NOT NULL,
	"metric" text NOT NULL,
	"namespace_limit" integer NOT NULL,
	"namespaces_used" integer DEFAULT 0 NOT NULL,
	"is_full" boolean DEFAULT false NOT NULL,
	"draining" boolean DEFAULT false NOT NULL,
	"state" text NOT NULL,
	"creator_lease_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "indexes_project_name" UNIQUE("project","name"),
	CONSTRAINT "indexes_state" CHECK ("indexes"."state" in ('creating', 'ready', 'deleting', 'deleted')),
	CONSTRAINT "indexes_kind" CHECK (("indexes"."kind" = 'pool' and "indexes"."ordinal" is not null and "indexes"."tenant_id" is null) or ("indexes"."kind" = 'silo' and "indexes"."ordinal" is null and "indexes"."tenant_id" is not null)),
	CONSTRAINT "indexes_within_limit" CHECK ("indexes"."namespaces_used" between 0 and "indexes"."namespace_limit"),
	CONSTRAINT "indexes_ready_has_host" CHECK ("indexes"."state" <> 'ready' or "indexes"."host" is not null)
);
--> statement-breakpoint
CREATE TABLE "rate_permits" (
	"tenant_id" text NOT NULL,
	"policy" text NOT NULL,
	"window_no" bigint NOT NULL,
	"window_s" bigint NOT NULL,
	"granted" bigint NOT NULL,
	"cap" bigint NOT NULL,
	"used" bigint NOT NULL,
	"need" bigint NOT NULL,
	"want" bigint NOT NULL,
	"given" bigint NOT NULL,
	CONSTRAINT "rate_permits_tenant_id_policy_pk" PRIMARY KEY("tenant_id","policy")
);
--> statement-breakpoint
CREATE TABLE "places" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "places_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" text NOT NULL,
	"index_id" bigint NOT NULL,
	"project" text NOT NULL,
	"index_name" text NOT NULL,
	"namespace" text NOT NULL,
	"generation" integer NOT NULL,
	"state" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"purged_at" timestamp with time zone,
	CONSTRAINT "places_location" UNIQUE("project","index_name","namespace"),
	CONSTRAINT "places_generation" UNIQUE("tenant_id","generation"),
	CONSTRAINT "places_state" CHECK ("places"."state" in ('reserved', 'active', 'follower', 'retiring', 'purged'))
);
--> statement-breakpoint
CREATE TABLE "routing" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"change_no" bigint DEFAULT 0 NOT NULL,
	"phase" text NOT NULL,
	"active_place_id" bigint NOT NULL,
	"follower_place_id" bigint,
	"move_id" uuid,
	"fence_deadline" timestamp with time zone,
	CONSTRAINT "routing_phase" CHECK ("routing"."phase" in ('steady', 'arm', 'track', 'fence', 'flip', 'soak')),
	CONSTRAINT "routing_steady_is_alone" CHECK (("routing"."phase" = 'steady') = ("routing"."move_id" is null) and ("routing"."phase" = 'steady') = ("routing"."follower_place_id" is null)),
	CONSTRAINT "routing_fence_ends" CHECK (("routing"."phase" = 'fence') = ("routing"."fence_deadline" is not null))
);
--> statement-breakpoint
CREATE TABLE "routing_clock" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"tick" bigint NOT NULL,
	CONSTRAINT "routing_clock_one_row" CHECK ("routing_clock"."one")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"seen" bigint NOT NULL,
	"applied" bigint NOT NULL,
	"doubt_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"tier" text NOT NULL,
	"status" text NOT NULL,
	"region" text,
	"limits" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"limits_until" timestamp with time zone,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"initial_kind" text DEFAULT 'pool' NOT NULL,
	"last_generation" integer DEFAULT 0 NOT NULL,
	"first_generation" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_id_shape" CHECK ("tenants"."id" ~ '^[A-Za-z0-9_-]{1,64}$'),
	CONSTRAINT "tenants_tier" CHECK ("tenants"."tier" in ('standard', 'enterprise')),
	CONSTRAINT "tenants_status" CHECK ("tenants"."status" in ('provisioning', 'active', 'suspended', 'offboarding', 'offboarded')),
	CONSTRAINT "tenants_initial_kind" CHECK ("tenants"."initial_kind" in ('pool', 'silo'))
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"tenant_id" text NOT NULL,
	"document_id" text NOT NULL,
	"id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"content_hash" text NOT NULL,
	"kind" text NOT NULL,
	"name" text,
	"content_type" text,
	"source" text,
	"metadata" jsonb NOT NULL,
	"visibility" text[],
	"chunking" jsonb,
	"bytes" "bytea",
	"size_bytes" integer NOT NULL,
	"turn" bigint NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"claim" uuid,
	"run_at" timestamp with time zone DEFAULT now() NOT NULL,
	"reason" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "uploads_tenant_id_document_id_pk" PRIMARY KEY("tenant_id","document_id"),
	CONSTRAINT "uploads_status" CHECK ("uploads"."status" in ('queued', 'parsing', 'embedding', 'storing', 'failed')),
	CONSTRAINT "uploads_kind" CHECK ("uploads"."kind" in ('text', 'file')),
	CONSTRAINT "uploads_claimed_while_worked_on" CHECK ("uploads"."status" not in ('queued', 'failed') or "uploads"."claim" is null),
	CONSTRAINT "uploads_has_bytes" CHECK ("uploads"."status" = 'failed' or "uploads"."bytes" is not null)
);
--> statement-breakpoint
CREATE TABLE "tenant_requests" (
	"tenant_id" text NOT NULL,
	"day" date NOT NULL,
	"requests" bigint NOT NULL,
	"embedding_tokens" bigint DEFAULT 0 NOT NULL,
	"answer_tokens" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "tenant_requests_tenant_id_day_pk" PRIMARY KEY("tenant_id","day")
);
--> statement-breakpoint
CREATE TABLE "tenant_sizes" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"records" integer NOT NULL,
	"measured_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "advice" ADD CONSTRAINT "advice_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cleanups" ADD CONSTRAINT "cleanups_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "move_events" ADD CONSTRAINT "move_events_move_id_moves_id_fk" FOREIGN KEY ("move_id") REFERENCES "public"."moves"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "moves" ADD CONSTRAINT "moves_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "moves" ADD CONSTRAINT "moves_source_place_id_places_id_fk" FOREIGN KEY ("source_place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "moves" ADD CONSTRAINT "moves_target_place_id_places_id_fk" FOREIGN KEY ("target_place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "move_reports" ADD CONSTRAINT "move_reports_move_id_moves_id_fk" FOREIGN KEY ("move_id") REFERENCES "public"."moves"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "places" ADD CONSTRAINT "places_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "places" ADD CONSTRAINT "places_index_id_indexes_id_fk" FOREIGN KEY ("index_id") REFERENCES "public"."indexes"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routing" ADD CONSTRAINT "routing_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routing" ADD CONSTRAINT "routing_active_place_id_places_id_fk" FOREIGN KEY ("active_place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routing" ADD CONSTRAINT "routing_follower_place_id_places_id_fk" FOREIGN KEY ("follower_place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenant_sizes" ADD CONSTRAINT "tenant_sizes_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "cleanups_one_open_a_place" ON "cleanups" USING btree ("place_id") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "move_events_move" ON "move_events" USING btree ("move_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "moves_one_open_a_tenant" ON "moves" USING btree ("tenant_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "moves_tenant" ON "moves" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "audit_tenant" ON "audit" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "dirty_unsynced" ON "dirty" USING btree ("move_id","seq") WHERE synced_seq is distinct from seq;--> statement-breakpoint
CREATE INDEX "idempotency_keys_expires_at" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "indexes_one_shard_an_ordinal" ON "indexes" USING btree ("project","ordinal") WHERE kind = 'pool';--> statement-breakpoint
CREATE UNIQUE INDEX "places_one_active" ON "places" USING btree ("tenant_id") WHERE state = 'active';--> statement-breakpoint
CREATE INDEX "places_index" ON "places" USING btree ("index_id");--> statement-breakpoint
CREATE INDEX "routing_change_no" ON "routing" USING btree ("change_no");--> statement-breakpoint
CREATE INDEX "tenants_status_tier" ON "tenants" USING btree ("status","tier");--> statement-breakpoint
CREATE INDEX "uploads_turn" ON "uploads" USING btree ("turn") WHERE status <> 'failed';--> statement-breakpoint
CREATE INDEX "uploads_claimed" ON "uploads" USING btree ("turn") WHERE claim is not null;--> statement-breakpoint
CREATE INDEX "uploads_tenant_turn" ON "uploads" USING btree ("tenant_id","turn");--> statement-breakpoint
INSERT INTO "routing_clock" ("tick") VALUES (0);
