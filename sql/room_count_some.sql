-- Count the selected rooms, but no more than :most of them.
select count(*)
from (
  select
  :selected_rooms
  limit :most::bigint
) as counted
