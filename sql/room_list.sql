-- Search rooms: those that are selected, behind a position, in an order.
--
-- A line that ends in `-- if NAME` is sent only when NAME is given, so a filter that is not given
-- costs nothing and one that is can use its index. A line that consists of `:name` stands
-- for the file parts/name.sql. To psql all this is plain SQL, once it knows the parts:
--   \set measured_room `cat sql/parts/measured_room.sql`
-- and so on for each of them, and `\set order 'price, code'`. `:order` and `:is_after` are made of
-- names of columns and parameters (rentomatic/repository/ordering.py).
--
-- Behind a position in an order by distance, `room` is only what lies in a ring around the place.
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
  and false  -- if contradictory
order by :order
limit :limit::bigint  -- if limit
