-- Part: the filters on all fields except the two amounts, and the box of a search. The amounts have
-- their own parts, because the histogram of an amount ignores its filters.
and false  -- if contradictory
and code = :code_eq::uuid  -- if code_eq
and code <> :code_ne::uuid  -- if code_ne
and code = any(:code_in::uuid[])  -- if code_in
and latitude = :latitude_eq::float8  -- if latitude_eq
and latitude <> :latitude_ne::float8  -- if latitude_ne
and latitude < :latitude_lt::float8  -- if latitude_lt
and latitude <= :latitude_lte::float8  -- if latitude_lte
and latitude > :latitude_gt::float8  -- if latitude_gt
and latitude >= :latitude_gte::float8  -- if latitude_gte
and latitude = any(:latitude_in::float8[])  -- if latitude_in
and longitude = :longitude_eq::float8  -- if longitude_eq
and longitude <> :longitude_ne::float8  -- if longitude_ne
and longitude < :longitude_lt::float8  -- if longitude_lt
and longitude <= :longitude_lte::float8  -- if longitude_lte
and longitude > :longitude_gt::float8  -- if longitude_gt
and longitude >= :longitude_gte::float8  -- if longitude_gte
and longitude = any(:longitude_in::float8[])  -- if longitude_in
-- A box may be on both sides of the antimeridian. `+ 0` prevents combining the index on the latitude,
-- which has all columns, with the one on the longitude.
and latitude between :south::float8 and :north::float8  -- if south
and longitude + 0 between :west::float8 and :east::float8  -- if west
and (longitude + 0 >= :west_across::float8 or longitude + 0 <= :east_across::float8)  -- if west_across
