-- Saved searches, of whose rooms webhooks report what changes: the searches, the messages that wait, and
-- how far `rentomatic notify` has read the history.
--
-- The history also keeps what a room was before, because only that says whether it was in a search.
create table saved_search (
  id uuid primary key,
  -- The name of the token, or of the account that used the command line.
  owner text not null,
  name text not null,
  query text not null,
  webhook text not null,
  -- The host and port of the webhook: few messages at a time are sent to one host.
  host text not null,
  -- The signing secret, encrypted with the key of RENTOMATIC_SECRET_KEY_FILE.
  secret text not null,
  created_at timestamptz not null default now(),
  -- What earlier transactions changed was visible when the search was saved or enabled.
  since xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
  -- When to send its first message next; null if none waits.
  due_at timestamptz,
  -- How often that was tried.
  attempts integer not null default 0,
  delivered_at timestamptz,
  failing_since timestamptz,
  failure text,
  disabled_at timestamptz,
  disabled_reason text,
  constraint saved_search_disabled_check check ((disabled_at is null) = (disabled_reason is null))
);

comment on column saved_search.due_at is 'when to send its first message next; null if none waits';

create index saved_search_owner_idx on saved_search (owner, created_at, id);

create index saved_search_due_idx on saved_search (due_at) where due_at is not null;

-- The messages that wait; those of a search are sent in the order of their ids.
create table notification (
  id bigint generated always as identity primary key,
  search uuid not null references saved_search on delete cascade,
  -- By which a receiver recognizes a message that is sent again.
  message text not null,
  body text not null,
  created_at timestamptz not null default now()
);

create index notification_search_idx on notification (search, id);

-- The last change whose messages are stored; one row.
create table notification_progress (
  is_only boolean primary key default true check (is_only),
  epoch uuid not null,
  xid xid8 not null,
  id bigint not null,
  made_at timestamptz not null,
  -- When `rentomatic notify` last looked for changes.
  seen_at timestamptz not null default now()
);

-- How often an attempt to deliver a message had each outcome.
create table notification_outcome (
  outcome text primary key,
  count bigint not null
);

alter table room_change add column former jsonb;

comment on column room_change.former is 'the room before the change, without the fields that it lacked';

-- What the history keeps of a former room: its fields, without derived columns.
create function former_room(former jsonb)
returns jsonb
language sql
immutable
strict
as $$
  select jsonb_strip_nulls(former - array['id', 'title_key', 'city_key'])
$$;

-- Record what a statement did to the rooms, one row for each room. A room is its code: one that gets
-- another code is removed and added.
--
-- It runs with the rights of its owner, so that a role that may write rooms cannot write history. About
-- every hundredth change removes expired changes, twice as many as there are new ones.
create or replace function note_room_changes()
returns trigger
language plpgsql
security definer
as $$
declare
  actor text := coalesce(nullif(current_setting('rentomatic.actor', true), ''), session_user);
  noted bigint;
begin
  if tg_op = 'INSERT' then
    insert into room_change (
      epoch, xid, made_at, made_by, kind, code, size, price, longitude, latitude, title,
      description, url, image, city, bedrooms, available_from, reference
    )
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor,
      'added',
      code, size, price, longitude, latitude, title, description, url, image, city, bedrooms,
      available_from, reference
    from new_room;
  elsif tg_op = 'UPDATE' then
    insert into room_change (
      epoch, xid, made_at, made_by, kind, code, size, price, longitude, latitude, title,
      description, url, image, city, bedrooms, available_from, reference, former
    )
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor,
      case when n.code is null then 'removed' when o.code is null then 'added' else 'updated' end,
      coalesce(n.code, o.code),
      n.size, n.price, n.longitude, n.latitude, n.title, n.description, n.url, n.image, n.city,
      n.bedrooms, n.available_from, n.reference, former_room(to_jsonb(o))
    from old_room as o
    full join new_room as n on n.code = o.code
    where (
      o.code, o.size, o.price, o.longitude, o.latitude, o.title, o.description, o.url, o.image,
      o.city, o.bedrooms, o.available_from, o.reference
    ) is distinct from (
      n.code, n.size, n.price, n.longitude, n.latitude, n.title, n.description, n.url, n.image,
      n.city, n.bedrooms, n.available_from, n.reference
    );
  elsif tg_op = 'DELETE' then
    insert into room_change (epoch, xid, made_at, made_by, kind, code, former)
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor, 'removed', o.code,
      former_room(to_jsonb(o))
    from old_room as o;
  else
    insert into room_change (epoch, xid, made_at, made_by, kind, code, former)
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor, 'removed', o.code,
      former_room(to_jsonb(o))
    from room as o;
  end if;
  get diagnostics noted = row_count;
  if noted > random() * 100 then
    perform remove_room_changes(2 * noted + 200);
  end if;
  return null;
end
$$;

-- No other role may record the rows of another table.
revoke execute on function note_room_changes() from public;

-- Whatever path a session searches, the function finds the tables beside it, and no temporary ones.
do $$
begin
  execute format(
    'alter function note_room_changes() set search_path = %I, pg_temp', current_schema()
  );
end
$$;

comment on function note_room_changes() is 'stated whole in migration 0013';
