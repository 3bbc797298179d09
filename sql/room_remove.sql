-- Remove the room with a code.
delete from room
where code = :code::uuid
