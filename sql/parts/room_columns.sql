-- Part: the columns of a room's fields, in the order of rentomatic.domain.room.Room.
code,
size,
price,
longitude,
latitude,
title,
description,
url,
image,
city,
bedrooms,
available_from,
reference
