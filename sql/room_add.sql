-- Add a room, unless its code exists; give the code of one that was added.
insert into room (code, size, price, longitude, latitude)
values (:code::uuid, :size::integer, :price::bigint, :longitude::float8, :latitude::float8)
on conflict (code) do nothing
returning code
