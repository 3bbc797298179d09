-- Return how many pieces a file has, if it has not expired.
select pieces
from upload
where owner = :owner::text
  and digest = :digest::text
  and created >= now() - :kept::interval
