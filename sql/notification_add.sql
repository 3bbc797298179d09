-- Queue messages, in order, and wake the searches that they belong to.
with added as (
  insert into notification (search, message, body)
  select
    given.search,
    given.message,
    given.body
  from unnest(:searches::uuid[], :messages::text[], :bodies::text[])
    with ordinality as given (search, message, body, place)
  order by given.place
)
update saved_search set due_at = coalesce(due_at, now()) where id = any(:searches::uuid[])
