-- Part: assign the given fields from `excluded` to a stored room.
size = excluded.size,  -- if sets_size
price = excluded.price,  -- if sets_price
longitude = excluded.longitude,  -- if sets_longitude
latitude = excluded.latitude,  -- if sets_latitude
code = excluded.code
