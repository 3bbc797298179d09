-- The function stays: 0005 left it so.
comment on function note_room_changes() is null;
