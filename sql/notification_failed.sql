-- Remember that an attempt failed, and when to try again.
update saved_search
set
  attempts = attempts + 1,
  failing_since = coalesce(failing_since, now()),
  failure = :failure::text,
  due_at = now() + :delay::interval
where id = :search::uuid
