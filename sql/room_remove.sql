-- Remove the room with a code, if it still has the expected values; give its code.
delete from room
where code = :code::uuid
  and size = :expected_size::integer  -- if expected_size
  and price = :expected_price::bigint  -- if expected_price
  and longitude = :expected_longitude::float8  -- if expected_longitude
  and latitude = :expected_latitude::float8  -- if expected_latitude
returning code
