-- Remember that the first message of a search was delivered.
with sent as (
  delete from notification where id = :number::bigint and search = :search::uuid
)
update saved_search
set
  attempts = 0,
  failing_since = null,
  failure = null,
  delivered_at = now(),
  due_at = case
    when
      exists (
        select
        from notification
        where notification.search = :search::uuid and notification.id <> :number::bigint
      )
      then now()
  end
where id = :search::uuid
