-- A part of statements: a stored room takes the fields that are given from `excluded`.
size = excluded.size,  -- if sets_size
price = excluded.price,  -- if sets_price
longitude = excluded.longitude,  -- if sets_longitude
latitude = excluded.latitude,  -- if sets_latitude
code = excluded.code
