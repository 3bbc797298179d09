-- Return the changes after a position, and the last change that may be read now: a row for each
-- change, or one row without a change.
--
-- Only changes before the oldest running transaction are read. A change is never placed before its
-- own transaction, so none can appear later among those already read. A position is known if its
-- change still exists or was the last one removed: then no change after it is missing. After a
-- crash or a restore, the ids of lost transactions are reused, so a position has its time too.
with present as (
  select
    room_change_epoch() as epoch,
    pg_snapshot_xmin(pg_current_snapshot()) as horizon
),
-- The last change that was removed; if there is none, the position before all changes.
removed as (
  select
    coalesce(room_change_removed.xid, '0'::xid8) as xid,
    coalesce(room_change_removed.id, 0) as id,
    coalesce(room_change_removed.made_at, 'epoch') as made_at
  from present
  left join room_change_removed using (epoch)
)
select
  present.epoch,
  present.epoch = :epoch::uuid
  and (
    (removed.xid, removed.id, removed.made_at)
    = (:xid::text::xid8, :id::bigint, :made_at::timestamptz)
    or (
      (removed.xid, removed.id) < (:xid::text::xid8, :id::bigint)
      and exists (
        select
        from room_change
        where
          room_change.epoch = :epoch::uuid
          and room_change.xid = :xid::text::xid8
          and room_change.id = :id::bigint
          and room_change.made_at = :made_at::timestamptz
      )
    )
  ) as is_known,
  coalesce(last.xid, removed.xid)::text::bigint as last_transaction,
  coalesce(last.id, removed.id) as last_number,
  coalesce(last.made_at, removed.made_at) as last_made_at,
  change.xid::text::bigint as transaction,
  change.id as number,
  change.made_at,
  change.made_by,
  change.kind,
  change.former,  -- if former
  :room_columns
from present
cross join removed
left join lateral (
  select
    xid,
    id,
    made_at
  from room_change
  where epoch = present.epoch and xid < present.horizon
  order by xid desc, id desc
  limit 1
) as last on true
left join lateral (
  select
    xid,
    id,
    made_at,
    made_by,
    kind,
    former,  -- if former
    :room_columns
  from room_change
  where
    epoch = present.epoch
    and (xid, id) > (:xid::text::xid8, :id::bigint)
    and xid < present.horizon
  order by xid, id
  limit :limit::bigint
) as change on true
