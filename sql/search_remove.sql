-- Remove a search and what waits for it.
delete from saved_search
where
  id = :id::uuid
  and owner = :owner::text  -- if owner
returning id
