-- Part: the selected rooms, in no order.
from
  :measured_room
where true
  :matching_fields
  :matching_near_box
  :matching_distance
  :matching_size
  :matching_price
  :matching_bedrooms
