-- Return which of these searches have more messages waiting than are kept.
select search
from unnest(:searches::uuid[]) as given (search)
where (
  select count(*)
  from (
    select
    from notification
    where notification.search = given.search
    limit :most::bigint + 1
  ) as found
) > :most::bigint
