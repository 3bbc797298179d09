-- Count the selected rooms.
select count(*)
:selected_rooms
