-- Remove a file and, by the foreign key, its pieces; return it if it was there.
--
-- If another transaction is removing it, this waits until that one ends.
delete from upload
where owner = :owner::text and digest = :digest::text
returning digest
