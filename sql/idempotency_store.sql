-- Store the answer to the write for which a key was claimed.
update idempotency_key
set status = :status::smallint, headers = :headers::jsonb, body = :body::bytea
where scope = :scope::text and key = :key::text
