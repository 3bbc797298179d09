-- Return one page of a search as room_page.sql does, but find its rooms first.
--
-- The indexes have all that a search compares, so rooms that a filter excludes are not read from the
-- table. Then only the rooms of the page are read whole, because their texts may be long. A lateral join
-- keeps the order of the other side.
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
