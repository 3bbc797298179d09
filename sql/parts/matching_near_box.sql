-- Part: the box around a circle, for which an index finds the candidates.
and latitude between :near_south::float8 and :near_north::float8  -- if near_south
and longitude + 0 between :near_west::float8 and :near_east::float8  -- if near_west
and (  -- if near_west_across
  longitude + 0 >= :near_west_across::float8  -- if near_west_across
  or longitude + 0 <= :near_east_across::float8  -- if near_west_across
)  -- if near_west_across
