-- Claim a key for a write, if it is not claimed yet or the claim has expired.
--
-- Another transaction with the same key waits here until the first one ends. The transaction then
-- stays idle until the write: a long batch is read completely before its first room is written.
insert into idempotency_key (scope, key, fingerprint)
values (:scope::text, :key::text, :fingerprint::text)
on conflict (scope, key) do update set
  fingerprint = excluded.fingerprint,
  created = excluded.created,
  status = null,
  headers = null,
  body = null
where idempotency_key.created < now() - :kept::interval
returning
  case
    when current_setting('idle_in_transaction_session_timeout') <> '0'
      then set_config('idle_in_transaction_session_timeout', '5min', true)
  end as waits
