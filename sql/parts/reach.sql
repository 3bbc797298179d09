-- A part of statements: a circle on the plane that holds the rooms nearest to a centre.
--
-- Neighbours on the plane are not always the nearest on the sphere. But as many of them as are
-- wanted tell how far the nearest are at most, and what lies so far on the sphere lies within a
-- circle on the plane; the outside of one where it holds the south pole, which is left to the
-- comparison of distances. A metre is added, as the haversine formula is some decimetres short at
-- the antipode, which is the centre of those who look for the farthest.
select
  case
    when polar + angle < 3.14 then
      circle(
        point(
          (outer_edge + inner_edge) / 2 * cos(radians(:centre_longitude::float8)),
          (outer_edge + inner_edge) / 2 * sin(radians(:centre_longitude::float8))
        ),
        (outer_edge - inner_edge) / 2 * (1 + 1e-9)
      )
    else circle(point(0, 0), 'infinity')
  end
from (
  select
    polar,
    angle,
    tan((polar - angle) / 2) as inner_edge,
    tan((polar + angle) / 2) as outer_edge
  from (
    select
      radians(90 - :centre_latitude::float8) as polar,
      (
        least(
          :radius::float8,  -- if radius
          max(metres)
        )
        + 1
      ) / 6371008.8 as angle
    from (
      select
        great_circle_metres(
          longitude, latitude, :centre_longitude::float8, :centre_latitude::float8
        ) as metres
      from
        :measured_room
      where true
        :matching_place
        :matching_size
        :matching_price
        and distance >= :radius_min::float8  -- if radius_min
        and :is_after  -- if is_after
      order by
        on_plane(longitude, latitude)
        <-> on_plane(:centre_longitude::float8, :centre_latitude::float8)
      limit :limit::bigint
    ) as candidate
  ) as angles
) as edges
