-- Part: the rooms that the statement gets, one array per field. The alias is the name that
-- `on conflict` has for a row that it could not insert.
unnest(
  :code::uuid[],
  :size::integer[],
  :price::bigint[],
  :longitude::float8[],
  :latitude::float8[],
  :title::text[],
  :description::text[],
  :url::text[],
  :image::text[],
  :city::text[],
  :bedrooms::integer[],
  :available_from::date[],
  :reference::text[]
) with ordinality as excluded (
  :room_columns
  , place
)
