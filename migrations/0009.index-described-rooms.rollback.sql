drop index room_reference_idx;

drop index room_url_idx;

drop index room_available_from_idx;

drop index room_bedrooms_idx;

drop index room_city_key_idx;

drop index room_title_key_idx;
