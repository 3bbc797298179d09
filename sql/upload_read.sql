-- Return a piece of a file.
select piece
from upload_piece
where owner = :owner::text and digest = :digest::text and number = :number::integer
