-- Part: the greatest and smallest distance of rooms from a place.
and distance <= :radius::float8  -- if radius
and distance >= :radius_min::float8  -- if radius_min
