-- Return the selected rooms whose price fell, the latest fall first; of the latest falls only, so that few
-- selected rooms do not take long to find.
with room as (
  select *
  from room
  where price_fell_at is not null
  order by price_fell_at desc
  limit :falls::bigint
)
select
  :room_columns
:selected_rooms
order by price_fell_at desc, id desc
limit :limit::bigint
