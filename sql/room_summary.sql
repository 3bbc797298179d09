-- Summarize the selected rooms: a row for each amount, and in each row the data version, the count,
-- and the extremes of the coordinates.
--
-- The histogram of a field ignores the filters on that field. All rooms that affect a result are found
-- once, with an index that has the amounts, and counted by amount; the rest is computed from the counts.
-- Only rooms that also pass the filters on the amounts are then read from the table, for their bedrooms
-- and cities.
--
-- If there are many rooms, only a sample of them is counted: each of its rooms stands for `weight` rooms.
-- If only the histograms need that, another statement counts the selected rooms alone.
with overall as (
  :overall
),
candidate as (
  with room as (  -- if sample
    :sampled_room  -- if sample
  )  -- if sample
  select
    id,
    size,
    price,
    longitude,
    latitude,
    bedrooms,  -- if sample
    city,  -- if sample
    city_key,  -- if sample
    (
      true
      :matching_size
    ) as size_matches,
    (
      true
      :matching_price
    ) as price_matches,
    (
      true
      :matching_bedrooms
    ) as bedrooms_match
  from
    :measured_room
  where true
    :matching_fields
    :matching_near_box
    :matching_distance
    and (
      (
        true
        :matching_size
        :matching_price
      )
      or (
        true
        :matching_size
        :matching_bedrooms
      )
      or (
        true
        :matching_price
        :matching_bedrooms
      )
    )
    :matching_size  -- if selected_only
    :matching_price  -- if selected_only
    :matching_bedrooms  -- if selected_only
),
counted as (
  select
    size,
    price,
    grouping(size, price) as kind,
    count(*) filter (where size_matches and price_matches and bedrooms_match) as selected,
    count(*) filter (where price_matches and bedrooms_match) as any_size,
    count(*) filter (where size_matches and bedrooms_match) as any_price
  from candidate
  group by grouping sets ((size), (price))
),
extent as (
  select
    count(*) as selected,
    min(longitude) as west,
    max(longitude) as east,
    min(longitude) filter (where longitude >= 0) as first_east,
    max(longitude) filter (where longitude < 0) as last_west,
    min(latitude) as south,
    max(latitude) as north
  from candidate
  where size_matches and price_matches and bedrooms_match
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
  ) as shown_amount
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
-- Nothing is read if no room has bedrooms or a city. A sample already has them.
described as (
  select bedrooms, city, city_key, bedrooms_match  -- if sample
  from candidate  -- if sample
  where size_matches and price_matches  -- if sample
  union all  -- if sample
  select
    bedrooms,
    city,
    city_key,
    (
      true
      :matching_bedrooms
    ) as bedrooms_match
  from room
  where id = any(
    array(
      select id
      from candidate
      where size_matches and price_matches
    )
  )
  and (
    exists (select from room where bedrooms is not null)
    or exists (select from room where city_key is not null)
  )
  and false  -- if sample
),
bedroom as (
  select
    bedrooms as number,
    count(*) as shown
  from described
  where bedrooms is not null
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
    from described
    where bedrooms_match and city_key is not null
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
  overall.version,
  overall.weight
from (values ('size'), ('price')) as wanted (name)
cross join overall
cross join extent as whole
