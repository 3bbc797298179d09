-- Return the encrypted secrets of all searches.
select
  id,
  secret
from saved_search
order by id
for update
