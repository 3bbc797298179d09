drop statistics room_longitude_stat;

alter table room alter column size set statistics -1;

alter table room alter column price set statistics -1;

alter table room alter column longitude set statistics -1;

alter table room alter column latitude set statistics -1;

alter table room reset (
  autovacuum_vacuum_scale_factor,
  autovacuum_vacuum_insert_scale_factor,
  autovacuum_analyze_scale_factor
);

drop index room_size_code_idx;

drop index room_price_code_idx;

drop index room_longitude_code_idx;

drop index room_latitude_code_idx;

create index room_size_code_idx on room (size, code);

create index room_price_code_idx on room (price, code);

create index room_longitude_code_idx on room (longitude, code);

create index room_latitude_code_idx on room (latitude, code);

drop index room_south_idx;

drop index room_north_idx;

drop function circle_on_plane(double precision, double precision, double precision);

drop function on_plane(double precision, double precision);

drop function great_circle_metres(
  double precision, double precision, double precision, double precision
);
