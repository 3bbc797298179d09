-- Return saved searches in the order in which they were saved, with how many messages of each wait.
select
  id,
  owner,
  name,
  query,
  webhook,
  created_at,
  case
    when due_at is null then 0
    else (select count(*) from notification where notification.search = saved_search.id)
  end as waiting,
  delivered_at,
  failing_since,
  failure,
  disabled_at,
  disabled_reason
from saved_search
where
  true
  and owner = :owner::text  -- if owner
  and id = :id::uuid  -- if id
order by created_at, id
