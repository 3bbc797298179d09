-- Summarize the selected rooms: a row for each amount, and in each row the data version, the count,
-- and the extremes of the coordinates.
--
-- The histogram of a field ignores the filters on that field. All rooms that affect a result of the two
-- amounts are read once and counted by amount; the rest is computed from the counts. Bedrooms and
-- cities are counted with indexes that only have the rooms with these fields.
with candidate as (
  select
    size,
    price,
    longitude,
    latitude,
    (
      true
      :matching_size
    ) as size_matches,
    (
      true
      :matching_price
    ) as price_matches
  from
    :measured_room
  where true
    :matching_fields
    :matching_near_box
    :matching_distance
    :matching_bedrooms
    and (
      (
        true
        :matching_size
      )
      or (
        true
        :matching_price
      )
    )
),
counted as (
  select
    size,
    price,
    grouping(size, price) as kind,
    count(*) filter (where size_matches and price_matches) as selected,
    count(*) filter (where price_matches) as any_size,
    count(*) filter (where size_matches) as any_price,
    min(longitude) filter (where size_matches and price_matches) as west,
    max(longitude) filter (where size_matches and price_matches) as east,
    min(longitude) filter (where size_matches and price_matches and longitude >= 0) as first_east,
    max(longitude) filter (where size_matches and price_matches and longitude < 0) as last_west,
    min(latitude) filter (where size_matches and price_matches) as south,
    max(latitude) filter (where size_matches and price_matches) as north
  from candidate
  group by grouping sets ((size), (price), ())
),
-- For each amount: how many rooms are selected, and how many its histogram shows.
amount as (
  select 'size' as field, size as value, selected, any_size as shown
  from counted
  where kind = 1
  union all
  select 'price', price, selected, any_price
  from counted
  where kind = 2
),
ranked as (
  select
    field,
    value,
    selected,
    sum(selected) over (partition by field order by value) as running,
    sum(selected) over (partition by field) as total
  from amount
),
-- The amounts on both sides of each quartile's position among the sorted rooms.
quartile as (
  select
    field,
    share,
    min(value) filter (where running > floor(share * (total - 1))) as low,
    min(value) filter (where running > ceil(share * (total - 1))) as high
  from ranked
  cross join unnest(:quartiles::numeric[]) as share
  group by field, share
),
-- The smallest round width that does not need too many bars.
width as (
  select
    field,
    min(step) as width
  from (
    select
      field,
      min(value) as least,
      max(value) as greatest
    from amount
    where shown > 0
    group by field
  ) as extent
  cross join unnest(:steps::bigint[]) as step
  where greatest / step - least / step < :max_bars::bigint
  group by field
),
bar as (
  select
    field,
    width,
    value / width as number,
    sum(shown)::bigint as shown
  from amount
  inner join width using (field)
  where shown > 0
  group by field, width, number
),
bedroom as (
  select
    bedrooms as number,
    count(*) as shown
  from
    :measured_room
  where bedrooms is not null
    :matching_fields
    :matching_near_box
    :matching_distance
    :matching_size
    :matching_price
  group by bedrooms
),
-- The most frequent cities, each as it is spelt most often.
city as (
  select
    city_key,
    (array_agg(spelling order by shown desc, spelling collate "C"))[1] as name,
    sum(shown)::bigint as shown
  from (
    select
      city_key,
      city as spelling,
      count(*) as shown
    :selected_rooms
      and city_key is not null
    group by city_key, city
  ) as spelt
  group by city_key
  order by sum(shown) desc, city_key
  limit :max_cities::bigint
)
select
  wanted.name,
  whole.selected,
  whole.south,
  whole.north,
  whole.west,
  whole.east,
  whole.first_east,
  whole.last_west,
  (select min(value) from amount where field = wanted.name and selected > 0) as minimum,
  (select max(value) from amount where field = wanted.name and selected > 0) as maximum,
  (select sum(value::numeric * selected) from amount where field = wanted.name) as total,
  array(select low from quartile where field = wanted.name order by share) as low,
  array(select high from quartile where field = wanted.name order by share) as high,
  (select min(width) from bar where field = wanted.name) as width,
  array(select number from bar where field = wanted.name order by number) as numbers,
  array(select shown from bar where field = wanted.name order by number) as shown,
  array(select number from bedroom order by number) as bedrooms,
  array(select shown from bedroom order by number) as bedrooms_shown,
  array(select name from city order by shown desc, city_key) as cities,
  array(select shown from city order by shown desc, city_key) as cities_shown,
  :data_version
  as version
from (values ('size'), ('price')) as wanted (name)
cross join (select * from counted where kind = 3) as whole
