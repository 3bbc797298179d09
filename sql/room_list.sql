-- Search rooms: return the selected ones after a position, in an order.
--
-- A line that ends in `-- if NAME` is sent only if NAME is given, so an absent filter costs nothing
-- and a present one can use its index. A line that consists of `:name` includes the file
-- parts/name.sql. To psql all this is plain SQL, once the parts are set:
--   \set measured_room `cat sql/parts/measured_room.sql`
-- and so on for each part, and `\set order 'price, code'`. `:order`, `:is_after` and `:is_present`
-- consist of names of columns and parameters (rentomatic/repository/ordering.py).
select
  :room_columns
:room_search
