-- Return the room with a code; lock it against other writers if it will be changed.
select
  :room_columns
from room
where code = :code::uuid
for update  -- if locked
