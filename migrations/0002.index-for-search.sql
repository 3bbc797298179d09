-- What searches need beyond the columns: distances, and indexes that answer without the table.

-- The way between two places in metres, by the haversine formula on a sphere with the mean radius
-- of the earth; operation for operation that of rentomatic.domain.geography. Both places are
-- shifted, so that nothing is too small to be multiplied without underflow.
create function great_circle_metres(
  longitude double precision,
  latitude double precision,
  other_longitude double precision,
  other_latitude double precision
)
returns double precision
language sql
immutable
parallel safe
return 2 * 6371008.8 * asin(
  least(
    1,
    sqrt(
      sin(radians((latitude + 90) - (other_latitude + 90)) / 2)
      * sin(radians((latitude + 90) - (other_latitude + 90)) / 2)
      + sin(radians(latitude + 90)) * sin(radians(other_latitude + 90))
      * (
        sin(radians((longitude + 180) - (other_longitude + 180)) / 2)
        * sin(radians((longitude + 180) - (other_longitude + 180)) / 2)
      )
    )
  )
);

-- The stereographic projection from the south pole. It maps every circle on the sphere to a circle
-- on the plane, so an index on it finds what lies within a circle, also around the north pole and
-- across the antimeridian. A turn is added, as the smallest longitudes would underflow.
create function on_plane(longitude double precision, latitude double precision)
returns point
language sql
immutable
parallel safe
return point(
  tan(radians(90 - latitude) / 2) * cos(radians(longitude + 360)),
  tan(radians(90 - latitude) / 2) * sin(radians(longitude + 360))
);

-- What lies within some metres of a place, on the plane; all of it if that holds the south pole,
-- where a circle becomes the outside of one.
create function circle_on_plane(
  longitude double precision,
  latitude double precision,
  metres double precision
)
returns circle
language sql
immutable
parallel safe
return (
  select
    case
      when polar + angle > radians(179.9) then circle(point(0, 0), 'infinity')
      else
        circle(
          point(
            (tan((polar - angle) / 2) + tan((polar + angle) / 2)) / 2 * cos(radians(longitude + 360)),
            (tan((polar - angle) / 2) + tan((polar + angle) / 2)) / 2 * sin(radians(longitude + 360))
          ),
          (tan((polar + angle) / 2) - tan((polar - angle) / 2)) / 2 * (1 + 1e-9)
        )
    end
  from (select radians(90 - latitude) as polar, metres / 6371008.8 as angle) as angles
);

-- One for each hemisphere: around its own pole the plane is hardly distorted. The southern one is
-- that of the mirrored places. Both are spelt so that `latitude * :hemisphere` finds either.
create index room_north_idx on room
using gist (on_plane(longitude, latitude * '1'::double precision));

create index room_south_idx on room
using gist (on_plane(longitude, latitude * '-1'::double precision));

-- Indexes that tell all that a search may ask, so that the rooms that a filter keeps out on the way
-- cost no look at the table. A box is found in its band of latitude.
drop index room_size_code_idx;

drop index room_price_code_idx;

drop index room_longitude_code_idx;

drop index room_latitude_code_idx;

create index room_size_code_idx on room (size, code) include (price, longitude, latitude, id);

create index room_price_code_idx on room (price, code) include (size, longitude, latitude, id);

create index room_longitude_code_idx on room (longitude, code) include (latitude, size, price, id);

create index room_latitude_code_idx on room (latitude, code) include (longitude, size, price, id);

-- The table need not be looked at where it was vacuumed.
alter table room set (
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02
);

-- How rare a filter is decides which index is right; more than this takes longer to plan than it
-- saves.
alter table room alter column size set statistics 300;

alter table room alter column price set statistics 300;

alter table room alter column longitude set statistics 300;

alter table room alter column latitude set statistics 300;

-- A box asks for `longitude + 0`, so that no second index is combined with that of the latitude.
create statistics room_longitude_stat on (longitude + 0) from room;

alter statistics room_longitude_stat set statistics 300;
