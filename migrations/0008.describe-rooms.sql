-- What a person chooses a room by, if the company says it; NULL where it does not. What the fields mean
-- is what schema.org's Accommodation and Offer say.
--
-- The constraints mirror rentomatic.domain.kinds. Only that text is in NFC is not checked: releases of
-- PostgreSQL know different Unicode data. The new columns are empty, so nothing is rewritten.

-- Whether text is trimmed and neither empty nor too long, and has no control characters.
create function is_text(given text, most integer)
returns boolean
language sql
immutable
parallel safe
as $$
  select
    char_length(given) between 1 and most
    and given !~ '[\u0001-\u001f\u007f-\u009f]'
    and given !~ '^[\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|[\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$'
$$;

-- What a text is sorted by, and a city compared by: the beginning of the folded text.
create function text_key(given text)
returns text
language sql
immutable
strict
parallel safe
as $$
  select left(fold_text(given), 200)
$$;

create function text_keys(given text[])
returns text[]
language sql
immutable
strict
parallel safe
as $$
  select array(select text_key(each) from unnest(given) as each)
$$;

-- Functions find each other whatever path a session searches.
do $$
declare
  name text;
begin
  foreach name in array array['text_key(text)', 'text_keys(text[])']
  loop
    execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
  end loop;
end
$$;

alter table room
  add column title text,
  add column description text,
  add column url text,
  add column image text,
  add column city text,
  add column bedrooms integer,
  add column available_from date,
  add column reference text,
  -- A trigger keeps these; by code points, whatever the locale.
  add column title_key text collate "C",
  add column city_key text collate "C";

-- Not valid: reading the table now would let every search wait, and the columns are empty. 0009 validates them.
alter table room
  add constraint room_title_check check (is_text(title, 200)) not valid,
  add constraint room_description_check check (
    -- It may have line breaks and tabs.
    char_length(description) between 1 and 5000
    and description !~ '[\u0001-\u0008\u000b-\u001f\u007f-\u009f]'
    and description !~ '^[\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\t\n]|[\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\t\n]$'
  ) not valid,
  add constraint room_url_check check (
    char_length(url) <= 2048
    and url ~ '^https?://[^\u0001-\u001f\u007f-\u009f\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u2047-\u2049\u2100\u2101\u2105\u2106\u2a74\ufe13\ufe16\ufe55\ufe56\ufe5f\ufe6b\uff03\uff0f\uff1a\uff1f\uff20<>"`\\/?#@:\[\]]+(:([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?([/?#][^\u0001-\u001f\u007f-\u009f\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000<>"`\\]*)?$'
  ) not valid,
  add constraint room_image_check check (
    char_length(image) <= 2048
    and image ~ '^(https://[^\u0001-\u001f\u007f-\u009f\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u2047-\u2049\u2100\u2101\u2105\u2106\u2a74\ufe13\ufe16\ufe55\ufe56\ufe5f\ufe6b\uff03\uff0f\uff1a\uff1f\uff20<>"`\\/?#@:\[\]]+(:([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?([/?#][^\u0001-\u001f\u007f-\u009f\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000<>"`\\]*)?|/assets/[0-9A-Za-z_-][0-9A-Za-z._-]*)$'
  ) not valid,
  add constraint room_city_check check (is_text(city, 100)) not valid,
  add constraint room_bedrooms_check check (bedrooms between 0 and 99) not valid,
  add constraint room_available_from_check check (available_from between '0001-01-01' and '9999-12-31') not valid,
  add constraint room_reference_check check (is_text(reference, 100)) not valid;

comment on column room.title is 'what the offer is called';

comment on column room.description is 'what the room is like';

comment on column room.url is 'the company''s own page of the offer';

comment on column room.image is 'a picture';

comment on column room.city is 'city or other place';

comment on column room.bedrooms is 'number of bedrooms';

comment on column room.available_from is 'the first day on which it is free';

comment on column room.reference is 'the company''s own identity of the room';

comment on column room.title_key is 'what the title is sorted by';

comment on column room.city_key is 'what the city is compared and sorted by';

create function set_room_keys()
returns trigger
language plpgsql
as $$
begin
  new.title_key := left(fold_text(new.title), 200);
  new.city_key := left(fold_text(new.city), 200);
  return new;
end
$$;

do $$
begin
  execute format('alter function set_room_keys() set search_path = %I, pg_temp', current_schema());
end
$$;

-- A room without title and city, as all were, costs nothing.
create trigger room_insert_keys
before insert on room
for each row
when (num_nonnulls(new.title, new.city, new.title_key, new.city_key) > 0)
execute function set_room_keys();

create trigger room_update_keys
before update on room
for each row
when (
  (old.title, old.city, old.title_key, old.city_key)
  is distinct from (new.title, new.city, new.title_key, new.city_key)
)
execute function set_room_keys();

alter table room_change
  add column title text,
  add column description text,
  add column url text,
  add column image text,
  add column city text,
  add column bedrooms integer,
  add column available_from date,
  add column reference text;

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
