-- Add a room unless its code exists; return the code if it was added.
insert into room (
  :room_columns
)
select
  :room_columns
from
  :given_rooms
on conflict (code) do nothing
returning code
