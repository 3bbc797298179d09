-- Part: whether room_assignments would change a stored room.
(
  false
  or room.size is distinct from excluded.size  -- if sets_size
  or room.price is distinct from excluded.price  -- if sets_price
  or room.longitude is distinct from excluded.longitude  -- if sets_longitude
  or room.latitude is distinct from excluded.latitude  -- if sets_latitude
)
