-- Commit a transaction that changes nothing, so that the standbys' data are known to be new.
--
-- It takes a transaction id, and so its commit is written to the WAL.
select
  pg_current_xact_id()::text
