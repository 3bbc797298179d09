drop index room_on_plane_idx;

drop function on_plane(double precision, double precision);

drop function great_circle_metres(double precision, double precision, double precision, double precision);
