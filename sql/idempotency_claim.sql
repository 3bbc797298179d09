-- Claim a key for a write that is about to be made, if nobody has or the claim has expired.
--
-- Who comes at the same time with the same key waits here until the first one has committed or not.
-- The transaction then waits for the write: a long batch is read whole before its first room.
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
