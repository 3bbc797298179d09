-- Part: the rooms of a search, those after a position, in an order.
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
  :matching_bedrooms
  :reach  -- if hemisphere
  :collected_room  -- if collected
  and :is_after  -- if is_after
  and :is_present  -- if is_present
order by :order
limit :limit::bigint  -- if limit
