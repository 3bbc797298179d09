-- A part of statements: the rooms within any of some circles, which cover a ring around a place.
--
-- Each hemisphere has an index of its own; southern places are mirrored.
select room.id, room.code, room.size, room.price, room.longitude, room.latitude
from unnest(
  :north_longitudes::float8[],
  :north_latitudes::float8[],
  :north_metres::float8[]
) as circle (longitude, latitude, metres)
inner join room
  on on_plane(room.longitude, room.latitude * '1'::float8)
  <@ circle_on_plane(circle.longitude, circle.latitude, circle.metres)
-- The circles overlap: each room comes once.
union
select room.id, room.code, room.size, room.price, room.longitude, room.latitude
from unnest(
  :south_longitudes::float8[],
  :south_latitudes::float8[],
  :south_metres::float8[]
) as circle (longitude, latitude, metres)
inner join room
  on on_plane(room.longitude, room.latitude * '-1'::float8)
  <@ circle_on_plane(circle.longitude, circle.latitude, circle.metres)
