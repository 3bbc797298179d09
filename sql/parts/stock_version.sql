-- A part of statements: a name for the state of the stock that a statement sees, as text.
--
-- Every committed write changes it. The snapshot alone is not enough: after a crash the number of a
-- transaction that was lost is given out again, so the start of the server and its last checkpoint
-- belong to it, and so does the database, as servers have several. On a standby the snapshot does
-- not list running transactions: no name there.
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
