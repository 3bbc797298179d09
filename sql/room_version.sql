-- Name the state of the stock that this statement sees: every committed write changes the text.
--
-- The snapshot alone is not enough: after a crash the number of a transaction that was lost is given
-- out again, so the start of the server and its last checkpoint belong to it. On a standby the
-- snapshot does not list running transactions: no version there.
select
  case when not pg_is_in_recovery() then
    concat_ws(
      '/',
      pg_current_snapshot(),
      extract(epoch from pg_postmaster_start_time()),
      (select checkpoint_lsn from pg_control_checkpoint())
    )
  end as version
