-- Narrows the service's role further, after `tenant-router migrate`: what is written down stays as it is. It may run again
-- after each migration.
--
--   psql "$OWNER_URL" -v ON_ERROR_STOP=1 -f deploy/postgres/evidence.sql
revoke update, delete on audit, audit_checkpoints, signing_keys, move_events from tenant_router_app;
-- A row gets its place in the chain a moment later.
grant update (position, hash) on audit to tenant_router_app;
