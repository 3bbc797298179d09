-- Count the selected rooms, but no more than :most of them.
select count(*)
from (
  select
  from
    :measured_room
  where true
    :matching_fields
    :matching_near_box
    :matching_distance
    :matching_size
    :matching_price
    :matching_bedrooms
  limit :most::bigint
) as counted
