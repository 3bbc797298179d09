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

comment on function note_room_changes() is 'stated whole in migration 0006';

drop trigger room_update_keys on room;

drop trigger room_insert_keys on room;

drop function set_room_keys();

alter table room
  drop column title,
  drop column description,
  drop column url,
  drop column image,
  drop column city,
  drop column bedrooms,
  drop column available_from,
  drop column reference,
  drop column title_key,
  drop column city_key;

-- After the rooms, which writers lock first: in another order they and this would wait for each other.
alter table room_change
  drop column title,
  drop column description,
  drop column url,
  drop column image,
  drop column city,
  drop column bedrooms,
  drop column available_from,
  drop column reference;

drop function text_keys(text[]);

drop function text_key(text);

drop function is_text(text, integer);
