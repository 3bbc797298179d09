-- Return which of these codes exist.
select code
from room
where code = any(:codes::uuid[])
