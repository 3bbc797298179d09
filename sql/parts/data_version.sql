-- Part: the data version that a statement sees, as text.
--
-- Every committed write changes it. The snapshot alone is not enough: after a crash the ids of lost
-- transactions are reused, so it also has the server's start and its last checkpoint; and a server
-- may have several databases, so it has the database. On a standby the snapshot does not list
-- running transactions, so there is no data version.
case
  when not pg_is_in_recovery() then
    concat_ws(
      '/',
      current_database(),
      pg_current_snapshot(),
      extract(epoch from pg_postmaster_start_time()),
      (pg_control_checkpoint()).checkpoint_lsn
    )
end
