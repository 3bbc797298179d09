-- Let no one else queue or deliver messages of some searches until the end of the transaction.
select
  id,
  name,
  disabled_reason
from saved_search
where
  id = any(:ids::uuid[])
  and owner = :owner::text  -- if owner
order by id
for update
