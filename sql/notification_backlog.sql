-- Return the state of all notifications: a row for each outcome, or one without an outcome. At most
-- 100,001 messages are counted, because metrics are read often.
select
  (select count(*) from saved_search where disabled_at is null) as enabled,
  (select count(*) from saved_search where disabled_at is not null) as disabled,
  (select count(*) from (select from notification limit 100001) as some_messages) as waiting,
  coalesce(
    (
      select extract(epoch from now() - min(due_at))::double precision
      from saved_search
      where due_at <= now() and failing_since is null
    ),
    0
  ) as age,
  (
    select extract(epoch from now() - seen_at)::double precision from notification_progress
  ) as idle,
  notification_outcome.outcome,
  notification_outcome.count
from (values (true)) as always (one)
left join notification_outcome on always.one
order by notification_outcome.outcome
