drop trigger room_truncate_change on room;

drop trigger room_delete_change on room;

drop trigger room_update_change on room;

drop trigger room_insert_change on room;

drop function note_room_changes();

drop function remove_room_changes(bigint);

drop function first_room_changes(uuid, bigint);

drop function room_change_epoch();

drop table room_change_removed;

drop table room_change;
