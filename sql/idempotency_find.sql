-- Return the answer that is stored for a key.
select fingerprint, status, headers, body
from idempotency_key
where scope = :scope::text and key = :key::text
