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
      description, url, image, city, bedrooms, available_from, reference
    )
    select
      (select room_change_epoch()), (select room_change_place()), now(), actor,
      case when n.code is null then 'removed' when o.code is null then 'added' else 'updated' end,
      coalesce(n.code, o.code),
      n.size, n.price, n.longitude, n.latitude, n.title, n.description, n.url, n.image, n.city,
      n.bedrooms, n.available_from, n.reference
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

comment on function note_room_changes() is 'stated whole in migration 0008';

drop function former_room(jsonb);

alter table room_change drop column former;

drop table notification_outcome, notification_progress, notification, saved_search;
