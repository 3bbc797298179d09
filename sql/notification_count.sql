-- Count an outcome of attempts.
insert into notification_outcome (outcome, count)
values (:outcome::text, :count::bigint)
on conflict (outcome) do update set count = notification_outcome.count + excluded.count
