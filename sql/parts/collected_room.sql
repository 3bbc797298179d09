-- Part: whether a room is one of the selected rooms, which are collected first.
--
-- The planner then finds them by what is rare. In an order it may rather look for the first ones, and
-- pass by most rooms if few have all of the words.
and room.id = any(
  array(
    select room.id
    from
      :measured_room
    where true
      :matching_fields
      :matching_near_box
      :matching_distance
      :matching_size
      :matching_price
      :matching_bedrooms
  )
)
