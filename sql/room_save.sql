-- Add a batch of rooms in the order given, or replace those whose code exists; count both.
--
-- A room that is replaced keeps its id and so its place in the order. One that is as it was is not
-- written. No code may stand twice in a batch. xmax is 0 in a row that this statement inserted.
with saved as (
  insert into room (code, size, price, longitude, latitude)
  select
    given.code,
    given.size,
    given.price,
    given.longitude,
    given.latitude
  from unnest(
    :code::uuid[],
    :size::integer[],
    :price::bigint[],
    :longitude::float8[],
    :latitude::float8[]
  ) with ordinality as given (code, size, price, longitude, latitude, place)
  order by given.place
  on conflict (code) do update set
    size = excluded.size,
    price = excluded.price,
    longitude = excluded.longitude,
    latitude = excluded.latitude
  where (room.size, room.price, room.longitude, room.latitude)
    is distinct from (excluded.size, excluded.price, excluded.longitude, excluded.latitude)
  returning xmax = 0 as added
)
select
  count(*) filter (where added) as added,
  count(*) filter (where not added) as updated
from saved
