-- Show the room with a code.
select
  code,
  size,
  price,
  longitude,
  latitude
from room
where code = :code::uuid
