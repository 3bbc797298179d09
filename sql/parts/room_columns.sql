-- Part: the columns of a room's fields, in the order of rentomatic.domain.room.Room.
code,
size,
price,
longitude,
latitude
