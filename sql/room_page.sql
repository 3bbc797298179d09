-- Return one page of a search, with its data version and the number of all selected rooms.
--
-- Version and number are one row that is joined to each room, so they are returned even if no room
-- is. A join with one row keeps the order of the other side.
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
  select
    distance,  -- if measured
    id,
    :room_columns
  :room_search
) as found on true
