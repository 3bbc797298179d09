drop trigger if exists room_update_times on room;

drop function if exists set_room_times();

drop index if exists room_price_fell_at_idx;

alter table room
  drop column if exists added_at,
  drop column if exists updated_at,
  drop column if exists former_price,
  drop column if exists price_fell_at;
