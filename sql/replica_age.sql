-- Return whether the server is a standby, and the age of its data in seconds.
--
-- The age is the time since the last commit on the primary that the standby has replayed: null if
-- it has replayed none since it started, and too long if nothing was committed.
select
  pg_is_in_recovery() as is_standby,
  extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as age
