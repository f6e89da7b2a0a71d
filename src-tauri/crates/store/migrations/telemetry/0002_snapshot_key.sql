-- The call that took a snapshot: a read that is made again after a crash does not count twice.
ALTER TABLE snapshots ADD COLUMN call_key TEXT;
CREATE UNIQUE INDEX snapshots_by_call ON snapshots (call_key);
