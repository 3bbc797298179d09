-- Part: assign the given fields from `excluded` to a stored room.
size = excluded.size,  -- if sets_size
price = excluded.price,  -- if sets_price
longitude = excluded.longitude,  -- if sets_longitude
latitude = excluded.latitude,  -- if sets_latitude
title = excluded.title,  -- if sets_title
description = excluded.description,  -- if sets_description
url = excluded.url,  -- if sets_url
image = excluded.image,  -- if sets_image
city = excluded.city,  -- if sets_city
bedrooms = excluded.bedrooms,  -- if sets_bedrooms
available_from = excluded.available_from,  -- if sets_available_from
reference = excluded.reference,  -- if sets_reference
code = excluded.code
