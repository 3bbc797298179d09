-- Remove a file and, by the foreign key, its pieces.
delete from upload
where owner = :owner::text and digest = :digest::text
