-- Count the selected rooms in the cells of a grid: a row for each cell that has rooms, and in each row the
-- data version. A row contains the room if it is the only one of its cell.
--
-- Places are shifted so that no quotient underflows. They are added up in millionths of a degree, so that
-- a sum does not depend on the order of the rooms. If there are many rooms, only a sample of them is
-- counted: each of its rooms stands for `weight` rooms.
with overall as (
  :overall
)
select
  overall.version,
  overall.weight,
  cell.y,
  cell.x,
  cell.counted,
  cell.lowest,
  cell.longitudes,
  cell.latitudes,
  :room_columns
from overall
left join lateral (
  with room as (  -- if sample
    :sampled_room  -- if sample
  )  -- if sample
  select
    least(floor((latitude + 90) / :step::float8)::integer, :last_row::integer) as y,
    least(floor((longitude + 180) / :step::float8)::integer, :last_column::integer) as x,
    count(*) as counted,
    min(price) as lowest,
    sum(round(longitude * 1000000)::integer) as longitudes,
    sum(round(latitude * 1000000)::integer) as latitudes,
    min(id) as first
  :selected_rooms
  group by y, x
) as cell on true
left join room
  on room.id = cell.first
  and cell.counted = 1
  and false  -- if sample
order by cell.y desc, cell.x
