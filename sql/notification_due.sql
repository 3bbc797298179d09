-- Return the first message of each search whose turn it is, and what sending it takes.
select
  saved_search.id as search,
  saved_search.webhook,
  saved_search.host,
  saved_search.secret,
  saved_search.attempts,
  saved_search.failing_since,
  first.id as number,
  first.message,
  first.body
from saved_search
cross join lateral (
  select
    id,
    message,
    body
  from notification
  where search = saved_search.id
  order by id
  limit 1
) as first
where
  saved_search.due_at <= now()
  and saved_search.disabled_at is null
  and saved_search.id <> all(:busy::uuid[])
  and saved_search.host <> all(:full_hosts::text[])
  and saved_search.failing_since is null  -- if only_new
order by saved_search.due_at
limit :most::bigint
