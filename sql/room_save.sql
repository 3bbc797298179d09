-- Add a batch of rooms in the given order, or replace those whose code exists; count both.
--
-- A replaced room keeps its id, which is its place in the order, and the fields that are not given.
-- A room that would not change is not written. No code may occur twice in a batch. xmax is 0 in a
-- row that this statement inserted.
with saved as (
  :inserted_rooms
  on conflict (code) do update set
    :room_assignments
  where
    :room_differs
  returning xmax = 0 as added
)
select
  count(*) filter (where added) as added,
  count(*) filter (where not added) as updated
from saved
