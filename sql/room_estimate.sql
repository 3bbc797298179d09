-- Estimate how many rooms are selected, as the planner does; nothing is read.
explain (format json)
select 1
from
  :measured_room
where true
  :matching_place
  :matching_near_box
  :matching_distance
  :matching_size
  :matching_price
