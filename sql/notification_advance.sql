-- Note the last change whose messages are stored, unless another process has noted one meanwhile.
insert into notification_progress (epoch, xid, id, made_at)
values (:epoch::uuid, :xid::text::xid8, :id::bigint, :made_at::timestamptz)
on conflict (is_only) do update set
  epoch = excluded.epoch,
  xid = excluded.xid,
  id = excluded.id,
  made_at = excluded.made_at,
  seen_at = now()
where
  notification_progress.epoch = :former_epoch::uuid
  and notification_progress.xid = :former_xid::text::xid8
  and notification_progress.id = :former_id::bigint
returning is_only
