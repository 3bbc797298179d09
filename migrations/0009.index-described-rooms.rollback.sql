drop index if exists room_reference_idx;

drop index if exists room_url_idx;

drop index if exists room_available_from_idx;

drop index if exists room_bedrooms_idx;

drop index if exists room_city_key_city_idx;

drop index if exists room_city_key_idx;

drop index if exists room_title_key_idx;
