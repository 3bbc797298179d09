-- What searches near a place need, of core PostgreSQL alone.

-- The way between two places in metres, by the haversine formula on a sphere with the mean radius
-- of the earth; operation for operation that of rentomatic.domain.geography. Both places are
-- shifted, so that no difference is too small to be squared without underflow.
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
      + cos(radians(latitude)) * cos(radians(other_latitude))
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

create index room_on_plane_idx on room using gist (on_plane(longitude, latitude));
