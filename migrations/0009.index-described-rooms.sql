-- One for each field of 0008 that a search can compare or sort by. They have only the rooms that have the
-- field, so that the others stay as cheap to write as they were. A migration of its own, because it
-- locks the table against writes only.
create index room_title_key_idx on room (title_key, code)
where title_key is not null;

create index room_city_key_idx on room (city_key, code)
where city_key is not null;

create index room_bedrooms_idx on room (bedrooms, code)
where bedrooms is not null;

create index room_available_from_idx on room (available_from, code)
where available_from is not null;

create index room_url_idx on room (url)
where url is not null;

create index room_reference_idx on room (reference)
where reference is not null;
