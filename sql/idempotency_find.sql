-- Return the answer that is stored for a key.
select
  fingerprint,
  jsonb_build_object('status', status, 'headers', headers, 'body', convert_from(body, 'UTF8')) as answer
from idempotency_key
where scope = :scope::text and key = :key::text
