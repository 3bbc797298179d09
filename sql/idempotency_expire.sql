-- Remove a few of the keys that have expired; those that somebody is at are left to somebody else.
delete from idempotency_key
where (scope, key) in (
  select scope, key
  from idempotency_key
  where created < now() - :kept::interval
  order by created
  limit :most::bigint
  for update skip locked
)
