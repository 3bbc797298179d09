-- Tell which of these codes rooms have.
select code
from room
where code = any(:codes::uuid[])
