-- Every write of a moving tenant closes a row, so its entry in the index of open rows is dead at once. Autovacuum comes
-- after 20,000 of them however large the table is; its default waits for a fifth of it.
ALTER TABLE "dirty" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
