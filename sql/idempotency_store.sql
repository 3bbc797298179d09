-- Store the answer to a write under its claimed key.
update idempotency_key
set status = :status::smallint, headers = :headers::jsonb, body = :body::bytea
where scope = :scope::text and key = :key::text
