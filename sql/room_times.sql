-- Return when rooms were added and changed, and the last falls of their prices.
select
  code,
  added_at,
  updated_at,
  former_price,
  price_fell_at
from room
where code = any(:codes::uuid[])
