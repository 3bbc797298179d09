-- One page of a search, with the state of the stock that it shows and the number of all rooms that
-- are selected.
--
-- The one row of the stock is joined to each room, so that it is told even where there is no room.
-- A join with one row keeps the order of the other side.
select
  stock.total,  -- if counted
  stock.version,
  found.distance,  -- if measured
  found.id,  -- if paged
  :room_columns
from (
  select
    (  -- if counted
      :room_count  -- if counted
    ) as total,  -- if counted
    :stock_version
    as version
) as stock
left join lateral (
  :room_list
) as found on true
