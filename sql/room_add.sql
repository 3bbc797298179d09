-- Add a room unless its code exists; return the code if it was added.
:inserted_rooms
on conflict (code) do nothing
returning code
