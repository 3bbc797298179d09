-- Return the enabled searches, and the transaction from which on their rooms are reported.
select
  id,
  name,
  query,
  since::text::bigint as since
from saved_search
where disabled_at is null
order by created_at, id
