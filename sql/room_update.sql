-- Change the given fields of the room with a code; return the changed room.
--
-- A room that would not change is not written.
with found as (
  select
    :room_columns
  from room
  where code = any(:code::uuid[])
  for update
),
changed as (
  update room set
    :room_assignments
  from
    :given_rooms
  where room.code = excluded.code
    and
      :room_differs
  returning room.*
)
select
  :room_columns
from changed
union all
select
  :room_columns
from found
where not exists (select from changed)
