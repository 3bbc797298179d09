-- Part: what searches compare and sort by, of rooms that are collected before they are searched. Of the
-- long texts it is enough to know whether they are there.
code,
size,
price,
longitude,
latitude,
title,
title_key,
left(description, 0) as description,
url,
left(image, 0) as image,
city,
city_key,
bedrooms,
available_from,
reference
