-- For deploy/compose.yaml alone: everything there listens on one machine.
alter role tenant_router_owner login password 'owner';
alter role tenant_router_app login password 'app';
