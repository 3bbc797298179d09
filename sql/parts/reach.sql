-- A part of statements: a circle on the plane in which the rooms lie that are nearest to a centre.
--
-- Neighbours on the plane are not always the nearest on the sphere. But as many of them as are
-- wanted tell how far the nearest are at most, and what lies so far on the sphere lies within a
-- circle on the plane. A metre is added, as the haversine formula is some decimetres short at the
-- antipode, which is the centre for those who look for the farthest.
and on_plane(longitude, latitude * :hemisphere::float8) <@ (
  select circle_on_plane(:centre_longitude::float8, :centre_latitude::float8, max(metres) + 1)
  from (
    select
      great_circle_metres(
        longitude,
        latitude * :hemisphere::float8,
        :centre_longitude::float8,
        :centre_latitude::float8
      ) as metres
    from
      :measured_room
    where true
      :matching_fields
      :matching_size
      :matching_price
      and on_plane(longitude, latitude * :hemisphere::float8)  -- if radius
      <@ circle_on_plane(:centre_longitude::float8, :centre_latitude::float8, :radius::float8 + 1)  -- if radius
      and distance <= :radius::float8  -- if radius
      and distance >= :radius_min::float8  -- if radius_min
      and :is_after  -- if is_after
    order by
      on_plane(longitude, latitude * :hemisphere::float8)
      <-> on_plane(:centre_longitude::float8, :centre_latitude::float8)
    limit :limit::bigint
  ) as candidate
)
