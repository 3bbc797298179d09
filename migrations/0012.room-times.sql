-- transactional: false
--
-- When each room was added and last changed, and the last fall of its price: what a feed shows. The history
-- is kept for a limited time only. A room that is older than this migration has the migration's time.
--
-- Each statement is a transaction of its own and can be repeated. Adding the columns rewrites no row: the
-- default is computed once, and only the description of the table changes. The index is empty.
alter table room
  add column if not exists added_at timestamptz not null default now(),
  add column if not exists updated_at timestamptz not null default now(),
  add column if not exists former_price bigint,
  add column if not exists price_fell_at timestamptz;

comment on column room.added_at is 'when the transaction that added it began';

comment on column room.updated_at is 'when the transaction that last changed it began; kept by a trigger';

comment on column room.former_price is 'the price before it fell, if its last change was a fall; kept by a trigger';

comment on column room.price_fell_at is 'when it fell, if its last change was a fall; kept by a trigger';

-- A room is its code: one that gets another code is removed and added.
create or replace function set_room_times()
returns trigger
language plpgsql
as $$
begin
  new.added_at := old.added_at;
  new.updated_at := now();
  if new.code <> old.code then
    new.added_at := now();
    new.former_price := null;
    new.price_fell_at := null;
  elsif new.price < old.price then
    new.former_price := old.price;
    new.price_fell_at := now();
  elsif new.price > old.price then
    new.former_price := null;
    new.price_fell_at := null;
  else
    new.former_price := old.former_price;
    new.price_fell_at := old.price_fell_at;
  end if;
  return new;
end
$$;

-- After room_update_keys, by name. A row that is written unchanged keeps its times.
create or replace trigger room_update_times
before update on room
for each row
when (old.* is distinct from new.*)
execute function set_room_times();

-- The rooms whose price fell last.
create index if not exists room_price_fell_at_idx on room (price_fell_at)
where price_fell_at is not null;
