-- Return the last change whose messages are stored.
select
  epoch,
  xid::text::bigint as transaction,
  id as number,
  made_at
from notification_progress
