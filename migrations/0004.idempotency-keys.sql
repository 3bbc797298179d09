-- The answers to writes that were sent with an Idempotency-Key, so that repeating one does not write
-- twice. Each is stored in the transaction of what it answers.
create table idempotency_key (
  -- Whose key it is and for what: keys of different clients may be equal.
  scope text not null,
  key text not null,
  -- A digest of what was sent.
  fingerprint text not null,
  created timestamptz not null default now(),
  status smallint,
  headers jsonb,
  body bytea,
  primary key (scope, key)
);

-- For those that have expired.
create index idempotency_key_created_idx on idempotency_key (created);
