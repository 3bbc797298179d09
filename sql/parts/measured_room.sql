-- Part: the rooms, each with its distance in metres from a place, if one is given.
room
cross join lateral (  -- if near_longitude
  select  -- if near_longitude
    great_circle_metres(longitude, latitude, :near_longitude::float8, :near_latitude::float8)  -- if near_longitude
    as distance  -- if near_longitude
) as away  -- if near_longitude
