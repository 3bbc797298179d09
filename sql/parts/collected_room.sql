-- Part: the condition that a room is one of the selected rooms, which are collected first.
--
-- The planner then begins with the rarest condition. Otherwise it may read rooms in the order of the
-- search, and pass most of them before it finds the few that have all of the words.
and room.id = any(
  array(
    select room.id
    :selected_rooms
  )
)
