-- What was added, updated and removed, by whom and when: written by triggers within the transaction
-- that changes the rooms, so that what is typed in psql is noted too.
--
-- A change's place is (xid, id), the transaction and a number within it. Whoever reads only the
-- transactions before the oldest one that runs misses none, whatever the order of their commits.
create table room_change (
  epoch uuid not null,
  xid xid8 not null,
  id bigint generated always as identity,
  made_at timestamptz not null,
  made_by text not null,
  kind text not null,
  code uuid not null,
  size integer,
  price bigint,
  longitude double precision,
  latitude double precision,
  primary key (epoch, xid, id),
  constraint room_change_kind_check
    check (kind in ('added', 'updated', 'removed') and (kind = 'removed') = (size is null))
);

comment on column room_change.epoch is 'the life of the database in which xid counts';

comment on column room_change.xid is 'the transaction that made the change';

comment on column room_change.made_at is 'when that transaction began';

comment on column room_change.made_by is 'rentomatic.actor where it is set, else the session''s role';

-- The last change of each epoch that was removed, as it was older than what is kept.
create table room_change_removed (
  epoch uuid primary key,
  xid xid8 not null,
  id bigint not null,
  made_at timestamptz not null
);

-- Name the life of the database: another server, another database of a server, and a standby that
-- was promoted or a backup that was rolled forward, whose last transactions may be lost, have
-- others. Null on a standby. It is not the timeline of the last checkpoint, which is an old one for
-- a while after a promotion; and no MD5, which a server in FIPS mode refuses.
create function room_change_epoch()
returns uuid
language plpgsql
stable
as $$
begin
  if pg_is_in_recovery() then
    return null;
  end if;
  return substr(
    encode(
      sha256(
        format(
          '%s/%s/%s',
          (pg_control_system()).system_identifier,
          (select oid from pg_database where datname = current_database()),
          left(pg_walfile_name(pg_current_wal_lsn()), 8)
        )::bytea
      ),
      'hex'
    ),
    1,
    32
  )::uuid;
end
$$;

-- The first changes of an epoch, and of those at both sides of it, which a restore brought.
create function first_room_changes(present uuid, most bigint)
returns setof room_change
language sql
stable
as $$
  (select * from room_change where epoch = present order by xid, id limit most)
  union all
  (select * from room_change where epoch < present order by epoch, xid, id limit most)
  union all
  (select * from room_change where epoch > present order by epoch, xid, id limit most)
$$;

-- Remove some changes that are older than what is kept, at most so many of an epoch, and note the
-- last of them.
--
-- Who writes without the service keeps as much as the setting can ask for. One session at a time
-- removes, and nobody waits for it. What stands behind a transaction that still runs stays.
create function remove_room_changes(most bigint)
returns void
language plpgsql
as $$
declare
  kept interval := make_interval(
    days => greatest(
      coalesce(nullif(current_setting('rentomatic.changes_kept', true), ''), '366')::int, 1
    )
  );
  present uuid := room_change_epoch();
begin
  if not pg_try_advisory_xact_lock('room_change'::regclass::oid::bigint) then
    return;
  end if;
  if not exists (select from first_room_changes(present, 1) where made_at < now() - kept) then
    return;
  end if;
  with expired as (
    delete from room_change
    using first_room_changes(present, most) as oldest
    where
      room_change.epoch = oldest.epoch
      and room_change.xid = oldest.xid
      and room_change.id = oldest.id
      and room_change.made_at < now() - kept
      and room_change.xid < pg_snapshot_xmin(pg_current_snapshot())
    returning room_change.epoch, room_change.xid, room_change.id, room_change.made_at
  )
  insert into room_change_removed as removed (epoch, xid, id, made_at)
  select distinct on (epoch) epoch, xid, id, made_at
  from expired
  order by epoch, xid desc, id desc
  on conflict (epoch) do update set
    xid = excluded.xid,
    id = excluded.id,
    made_at = excluded.made_at
  where (removed.xid, removed.id) < (excluded.xid, excluded.id);
end
$$;

-- Note what a statement did to the rooms, a row for each of them. A room is its code: one that gets
-- another code is removed and added.
--
-- It runs as its owner, so that who may write rooms cannot write history. Each hundredth change or
-- so removes twice as many expired ones as there are new ones, so that none pile up.
create function note_room_changes()
returns trigger
language plpgsql
security definer
as $$
declare
  actor text := coalesce(nullif(current_setting('rentomatic.actor', true), ''), session_user);
  noted bigint;
begin
  if tg_op = 'INSERT' then
    insert into room_change
      (epoch, xid, made_at, made_by, kind, code, size, price, longitude, latitude)
    select
      (select room_change_epoch()), pg_current_xact_id(), now(), actor,
      'added', code, size, price, longitude, latitude
    from new_room;
  elsif tg_op = 'UPDATE' then
    insert into room_change
      (epoch, xid, made_at, made_by, kind, code, size, price, longitude, latitude)
    select
      (select room_change_epoch()), pg_current_xact_id(), now(), actor,
      case when n.code is null then 'removed' when o.code is null then 'added' else 'updated' end,
      coalesce(n.code, o.code), n.size, n.price, n.longitude, n.latitude
    from old_room as o
    full join new_room as n on n.code = o.code
    where (o.code, o.size, o.price, o.longitude, o.latitude)
      is distinct from (n.code, n.size, n.price, n.longitude, n.latitude);
  elsif tg_op = 'DELETE' then
    insert into room_change (epoch, xid, made_at, made_by, kind, code)
    select
      (select room_change_epoch()), pg_current_xact_id(), now(), actor, 'removed', code
    from old_room;
  else
    insert into room_change (epoch, xid, made_at, made_by, kind, code)
    select
      (select room_change_epoch()), pg_current_xact_id(), now(), actor, 'removed', code
    from room;
  end if;
  get diagnostics noted = row_count;
  if noted > random() * 100 then
    perform remove_room_changes(2 * noted + 200);
  end if;
  return null;
end
$$;

-- Nobody else may note the rows of another table.
revoke execute on function note_room_changes() from public;

-- Whatever path a session searches, they find the tables beside them, and none that is temporary.
do $$
declare
  name text;
begin
  foreach name in array array['remove_room_changes(bigint)', 'note_room_changes()']
  loop
    execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
  end loop;
end
$$;

create trigger room_insert_change
after insert on room
referencing new table as new_room
for each statement
execute function note_room_changes();

create trigger room_update_change
after update on room
referencing old table as old_room new table as new_room
for each statement
execute function note_room_changes();

create trigger room_delete_change
after delete on room
referencing old table as old_room
for each statement
execute function note_room_changes();

create trigger room_truncate_change
before truncate on room
for each statement
execute function note_room_changes();
