-- Remove the files that have expired, and the oldest of an owner who has too many; skip those that
-- another transaction has locked.
delete from upload
where (owner, digest) in (
  select owner, digest
  from upload
  where created < now() - :kept::interval
    or (
      owner = :owner::text
      and created < (
        select created
        from upload
        where owner = :owner::text
        order by created desc
        offset :most::bigint - 1
        limit 1
      )
    )
  for update skip locked
)
