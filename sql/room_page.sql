-- Return one page of a search, with its data version and the number of all selected rooms.
--
-- Version and number are one row that is joined to each room, so they are returned even if no room
-- is. A join with one row keeps the order of the other side, and so does a lateral join.
--
-- The rooms are found first, by indexes that have all that a search compares, and then the rooms of
-- the page alone are read whole: their texts may be long.
select
  overall.total,  -- if counted
  overall.version,
  found.distance,  -- if measured
  found.id,
  :room_columns
from (
  select
    (  -- if counted
      :room_count  -- if counted
    ) as total,  -- if counted
    :data_version
    as version
) as overall
left join lateral (
  -- After a position in an order by distance, `room` has only the rooms in a ring around the place.
  with room as (  -- if ringed
    :room_in_ring  -- if ringed
  )  -- if ringed
  select
    distance,  -- if measured
    id
  :room_search
) as found on true
left join lateral (
  select
    :room_columns
  from room
  where room.id = found.id
  limit 1
) as shown on true
