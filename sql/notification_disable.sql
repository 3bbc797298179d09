-- Disable a search, and remove what waits for it.
with removed as (
  delete from notification where search = :search::uuid
)
update saved_search
set
  failing_since = coalesce(failing_since, now()),
  failure = coalesce(:failure::text, failure),
  disabled_at = now(),
  disabled_reason = :reason::text,
  attempts = 0,
  due_at = null
where id = :search::uuid
