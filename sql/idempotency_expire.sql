-- Remove a few expired keys; skip those that another transaction has locked.
delete from idempotency_key
where (scope, key) in (
  select scope, key
  from idempotency_key
  where created < now() - :kept::interval
  order by created
  limit :most::bigint
  for update skip locked
)
