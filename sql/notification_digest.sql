-- Identify which searches are enabled, and since when.
select
  count(*) as searches,
  coalesce(bit_xor(hashtextextended(id::text || since::text, 0)), 0) as digest
from saved_search
where disabled_at is null
