-- The rooms, in the order of id in which they were added.
-- The constraints mirror rentomatic.domain.room: what another client inserts is a room too.
create table room (
  id bigint generated always as identity primary key,
  code uuid not null constraint room_code_key unique,
  size integer not null constraint room_size_check check (size >= 1),
  price bigint not null constraint room_price_check check (price between 0 and 9007199254740991),
  longitude double precision not null
    constraint room_longitude_check check (longitude between -180 and 180),
  latitude double precision not null
    constraint room_latitude_check check (latitude between -90 and 90)
);

comment on column room.size is 'floor area in square metres';

comment on column room.price is 'rent in whole units of the currency';

comment on column room.longitude is 'degrees east of Greenwich';

comment on column room.latitude is 'degrees north of the equator';

-- One for each field that a search can compare, with the code as the last resort of an order.
create index room_size_code_idx on room (size, code);

create index room_price_code_idx on room (price, code);

create index room_longitude_code_idx on room (longitude, code);

create index room_latitude_code_idx on room (latitude, code);
