-- A part of statements: the rooms that the statement is given, an array for each field. They are
-- called as `on conflict` calls the row that it could not insert.
unnest(
  :code::uuid[],
  :size::integer[],
  :price::bigint[],
  :longitude::float8[],
  :latitude::float8[]
) with ordinality as excluded (
  :room_columns
  , place
)
