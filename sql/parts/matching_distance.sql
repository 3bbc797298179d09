-- A part of statements: how far rooms may be from a place, and must be.
and distance <= :radius::float8  -- if radius
and distance >= :radius_min::float8  -- if radius_min
