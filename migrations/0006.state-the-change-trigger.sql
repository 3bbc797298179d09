-- States the function of the triggers whole, as 0005 left it: this file shows what runs. A migration
-- that adds a field of the room states it again, with that field.

-- Note what a statement did to the rooms, a row for each of them. A room is its code: one that gets
-- another code is removed and added.
--
-- It runs as its owner, so that who may write rooms cannot write history. Each hundredth change or
-- so removes twice as many expired ones as there are new ones, so that none pile up.
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
    insert into room_change
      (epoch, xid, made_at, made_by, kind, code, size, price, longitude, latitude)
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor,
      'added', code, size, price, longitude, latitude
    from new_room;
  elsif tg_op = 'UPDATE' then
    insert into room_change
      (epoch, xid, made_at, made_by, kind, code, size, price, longitude, latitude)
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor,
      case when n.code is null then 'removed' when o.code is null then 'added' else 'updated' end,
      coalesce(n.code, o.code), n.size, n.price, n.longitude, n.latitude
    from old_room as o
    full join new_room as n on n.code = o.code
    where (o.code, o.size, o.price, o.longitude, o.latitude)
      is distinct from (n.code, n.size, n.price, n.longitude, n.latitude);
  elsif tg_op = 'DELETE' then
    insert into room_change (epoch, xid, made_at, made_by, kind, code)
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor, 'removed', code
    from old_room;
  else
    insert into room_change (epoch, xid, made_at, made_by, kind, code)
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor, 'removed', code
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

comment on function note_room_changes() is 'stated whole in migration 0006';
