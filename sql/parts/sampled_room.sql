-- Part: a sample of the rooms, for estimates: of every `weight` numbers in the order of insertion one,
-- at a place that looks random but is always the same. A sample of the table's blocks would be faster
-- but miss whole towns, because rooms that are imported together are neighbours.
select
  sampled.id,
  :searched_columns
from overall
cross join generate_series(
  (select min(id) from room),
  (select max(id) from room),
  overall.weight
) as number
cross join lateral (
  select
    id,
    :searched_columns
  from room
  where id = number + (hashint8(number) & 2147483647) % overall.weight
  limit 1
) as sampled
