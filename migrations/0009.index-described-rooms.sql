-- transactional: false
--
-- One index for each field of 0008 that a search can compare or sort by. They have only the rooms that have
-- the field, so that the others stay as cheap to write as they were.
--
-- Each statement is a transaction of its own and can be repeated: writes wait for one index at a time, and
-- nothing waits for the constraints of 0008 to be validated.
create index if not exists room_title_key_idx on room (title_key, code)
where title_key is not null;

create index if not exists room_city_key_idx on room (city_key, code)
where city_key is not null;

-- For the counts of a summary, without the table: equal cities take a few bytes each.
create index if not exists room_city_key_city_idx on room (city_key, city collate "C")
where city_key is not null;

create index if not exists room_bedrooms_idx on room (bedrooms, code)
where bedrooms is not null;

create index if not exists room_available_from_idx on room (available_from, code)
where available_from is not null;

create index if not exists room_url_idx on room (url)
where url is not null;

create index if not exists room_reference_idx on room (reference)
where reference is not null;

alter table room
  validate constraint room_title_check,
  validate constraint room_description_check,
  validate constraint room_url_check,
  validate constraint room_image_check,
  validate constraint room_city_check,
  validate constraint room_bedrooms_check,
  validate constraint room_available_from_check,
  validate constraint room_reference_check;
