-- Part: the filters on all fields except three, the words, and the box of a search. The size, the price
-- and the bedrooms have their own parts, because a histogram ignores the filters of its field.
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
-- A title is found by its key, which an index has.
and (title is null) = :title_null::boolean  -- if title_null
and title = :title_eq::text and title_key = text_key(:title_eq::text)  -- if title_eq
and title <> :title_ne::text  -- if title_ne
and title = any(:title_in::text[]) and title_key = any(text_keys(:title_in::text[]))  -- if title_in
and (description is null) = :description_null::boolean  -- if description_null
and (url is null) = :url_null::boolean  -- if url_null
and url = :url_eq::text  -- if url_eq
and url <> :url_ne::text  -- if url_ne
and url = any(:url_in::text[])  -- if url_in
and (image is null) = :image_null::boolean  -- if image_null
-- A city is compared without case and accents.
and (city is null) = :city_null::boolean  -- if city_null
and city_key = :city_eq::text  -- if city_eq
and city_key <> :city_ne::text  -- if city_ne
and city_key = any(:city_in::text[])  -- if city_in
and (available_from is null) = :available_from_null::boolean  -- if available_from_null
and available_from = :available_from_eq::date  -- if available_from_eq
and available_from <> :available_from_ne::date  -- if available_from_ne
and available_from < :available_from_lt::date  -- if available_from_lt
and available_from <= :available_from_lte::date  -- if available_from_lte
and available_from > :available_from_gt::date  -- if available_from_gt
and available_from >= :available_from_gte::date  -- if available_from_gte
and available_from = any(:available_from_in::date[])  -- if available_from_in
and (reference is null) = :reference_null::boolean  -- if reference_null
and reference = :reference_eq::text  -- if reference_eq
and reference = any(:reference_in::text[])  -- if reference_in
:matching_words  -- if words
-- A box may be on both sides of the antimeridian. `+ 0` prevents combining the index on the latitude,
-- which has all columns, with the one on the longitude.
and latitude between :south::float8 and :north::float8  -- if south
and longitude + 0 between :west::float8 and :east::float8  -- if west
and (longitude + 0 >= :west_across::float8 or longitude + 0 <= :east_across::float8)  -- if west_across
and :is_met  -- if is_met
