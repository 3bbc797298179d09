-- Part: the rooms within any of the circles that cover a ring around a place.
--
-- Each hemisphere has its own index; southern places are mirrored.
select
  id,
  :searched_columns
from unnest(
  :north_longitudes::float8[],
  :north_latitudes::float8[],
  :north_metres::float8[]
) as circle (x, y, metres)
inner join room
  on on_plane(longitude, latitude * '1'::float8)
  <@ circle_on_plane(circle.x, circle.y, circle.metres)
-- The circles overlap, but each room is returned once.
union
select
  id,
  :searched_columns
from unnest(
  :south_longitudes::float8[],
  :south_latitudes::float8[],
  :south_metres::float8[]
) as circle (x, y, metres)
inner join room
  on on_plane(longitude, latitude * '-1'::float8)
  <@ circle_on_plane(circle.x, circle.y, circle.metres)
