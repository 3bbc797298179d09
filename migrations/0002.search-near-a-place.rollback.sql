alter table room reset (
  autovacuum_vacuum_scale_factor,
  autovacuum_vacuum_insert_scale_factor,
  autovacuum_analyze_scale_factor
);

drop statistics room_longitude_stat;

drop index room_latitude_code_idx;

create index room_latitude_code_idx on room (latitude, code);

drop index room_south_idx;

drop index room_north_idx;

drop function circle_on_plane(double precision, double precision, double precision);

drop function on_plane(double precision, double precision);

drop function great_circle_metres(
  double precision, double precision, double precision, double precision
);
