-- Return the selected rooms that are most similar to a room, with the data version and the number of rooms
-- that were compared, which is more than :most if there are too many to compare.
--
-- The nearest rooms limit how different the most similar ones are, and so how far away: a kilometre counts
-- as one. Only rooms within that distance are compared.
with nearest as (
  select
    :room_difference
    as difference
  :selected_rooms
  and code <> :code::uuid
  and on_plane(longitude, latitude * :hemisphere::float8)
  <@ circle_on_plane(:centre_longitude::float8, :centre_latitude::float8, :radius::float8 + 1)
  order by
    on_plane(longitude, latitude * :hemisphere::float8)
    <-> on_plane(:centre_longitude::float8, :centre_latitude::float8)
  limit :nearest::bigint
),
compared as (
  select
    id,
    code,
    :room_difference
    as difference
  :selected_rooms
  and code <> :code::uuid
  and on_plane(longitude, latitude * :hemisphere::float8) <@ (
    select
      circle_on_plane(
        :centre_longitude::float8,
        :centre_latitude::float8,
        -- A metre more, for rounding.
        1 + least(:radius::float8, 1000 * (select difference from nearest order by difference offset :limit::bigint - 1 limit 1))
      )
  )
  limit :most::bigint + 1
)
select
  overall.version,
  overall.compared,
  :room_columns
from (
  select
    :data_version
    as version,
    (select count(*) from compared) as compared
) as overall
left join lateral (
  select
    id,
    difference
  from compared
  order by difference, code
  limit :limit::bigint
) as found on true
left join lateral (
  select
    :room_columns
  from room
  where room.id = found.id
  limit 1
) as shown on true
order by found.difference, shown.code
