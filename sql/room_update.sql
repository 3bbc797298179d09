-- Change the given fields of the room with a code, if it still has the expected values; give it.
--
-- A field that is null is left as it is. A room that is as it is to be is not written.
with found as (
  select
    code,
    coalesce(:size::integer, size) as size,
    coalesce(:price::bigint, price) as price,
    coalesce(:longitude::float8, longitude) as longitude,
    coalesce(:latitude::float8, latitude) as latitude
  from room
  where code = :code::uuid
    and size = :expected_size::integer  -- if expected_size
    and price = :expected_price::bigint  -- if expected_price
    and longitude = :expected_longitude::float8  -- if expected_longitude
    and latitude = :expected_latitude::float8  -- if expected_latitude
  for update
),
changed as (
  update room
  set
    size = found.size,
    price = found.price,
    longitude = found.longitude,
    latitude = found.latitude
  from found
  where room.code = found.code
    and (room.size, room.price, room.longitude, room.latitude)
    is distinct from (found.size, found.price, found.longitude, found.latitude)
)
select code, size, price, longitude, latitude
from found
