-- Keep the next piece of a file.
with counted as (
  update upload
  set pieces = pieces + 1
  where owner = :owner::text and digest = :digest::text
  returning owner, digest, pieces
)
insert into upload_piece (owner, digest, number, piece)
select owner, digest, pieces, :piece::bytea
from counted
