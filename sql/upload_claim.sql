-- Begin to keep a file, or keep it for another hour; return how many pieces are there already.
--
-- Another transaction with the same file waits here until the first one ends.
insert into upload (owner, digest)
values (:owner::text, :digest::text)
on conflict (owner, digest) do update set created = now()
returning pieces
