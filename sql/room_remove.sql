-- Remove the room with a code; return its code.
delete from room
where code = :code::uuid
returning code
