-- Search rooms: return the selected ones after a position, in an order.
--
-- A line that ends in `-- if NAME` is sent only if NAME is given, so an absent filter costs nothing
-- and a present one can use its index. A line that consists of `:name` includes the file
-- parts/name.sql. To psql all this is plain SQL, once the parts are set:
--   \set measured_room `cat sql/parts/measured_room.sql`
-- and so on for each part, and `\set order 'price, code'`. `:order` and `:is_after` consist of names
-- of columns and parameters (rentomatic/repository/ordering.py).
--
-- After a position in an order by distance, `room` has only the rooms in a ring around the place.
with room as (  -- if ringed
  :room_in_ring  -- if ringed
)  -- if ringed
select
  distance,  -- if measured
  id,  -- if paged
  :room_columns
from
  :measured_room
where true
  :matching_fields
  :matching_near_box  -- if boxed
  :matching_distance
  and distance <= :far_most::float8  -- if far_most
  and distance >= :far_least::float8  -- if far_least
  :matching_size
  :matching_price
  :reach  -- if hemisphere
  and :is_after  -- if is_after
order by :order
limit :limit::bigint  -- if limit
