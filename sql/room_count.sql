-- Count the selected rooms.
select count(*)
from
  :measured_room
where true
  :matching_fields
  :matching_near_box
  :matching_distance
  :matching_size
  :matching_price
  :matching_bedrooms
