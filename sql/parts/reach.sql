-- Part: the circle on the plane that contains the rooms nearest to a centre.
--
-- The nearest rooms on the plane are not always the nearest on the sphere. But N of them limit the
-- distance of the N nearest on the sphere, and that distance gives a circle on the plane. A metre is
-- added because the haversine formula is a few decimetres short near the antipode, which is the
-- centre of a search for the farthest rooms.
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
      :matching_bedrooms
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
