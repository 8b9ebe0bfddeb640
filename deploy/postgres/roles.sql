-- Two roles: one owns the schema and migrates it, the other runs the service and can change rows alone. Run it once, as
-- an administrator, in the service's own database, before the first `tenant-router migrate`; it may run again.
--
--   psql "$ADMIN_URL" -v ON_ERROR_STOP=1 -f deploy/postgres/roles.sql
--
-- Then give both a password, or whatever the database signs in by:
--   alter role tenant_router_owner login password '…';   -- DATABASE_URL of `tenant-router migrate`
--   alter role tenant_router_app login password '…';     -- DATABASE_URL of the service
do $$
begin
  if not exists (select from pg_roles where rolname = 'tenant_router_owner') then create role tenant_router_owner; end if;
  if not exists (select from pg_roles where rolname = 'tenant_router_app') then create role tenant_router_app; end if;
  -- An administrator who is no superuser has to belong to the role to give it something.
  execute format('grant tenant_router_owner to %I', current_user);
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create on database %I to tenant_router_owner', current_database());
  execute format('grant connect on database %I to tenant_router_app', current_database());
end $$;

revoke all on schema public from public;
grant usage, create on schema public to tenant_router_owner;
grant usage on schema public to tenant_router_app;

-- The list of migrations, which the service reads at its start.
create schema if not exists drizzle;
alter schema drizzle owner to tenant_router_owner;
grant usage on schema drizzle to tenant_router_app;

-- What the owner makes from now on, in any migration, the service may use and not alter.
set role tenant_router_owner;
alter default privileges in schema public grant select, insert, update, delete on tables to tenant_router_app;
alter default privileges in schema public grant usage, select on sequences to tenant_router_app;
alter default privileges in schema public grant execute on functions to tenant_router_app;
alter default privileges in schema drizzle grant select on tables to tenant_router_app;
reset role;
