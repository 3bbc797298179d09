-- Enable a search as if it had just been saved. What waited is replaced by a message to start again.
with removed as (
  delete from notification where search = :id::uuid
)
update saved_search
set
  since = pg_snapshot_xmin(pg_current_snapshot()),
  attempts = 0,
  failing_since = null,
  failure = null,
  disabled_at = null,
  disabled_reason = null,
  due_at = null
where id = :id::uuid
