-- Store the answer to a write under its claimed key, in the columns that every release reads.
update idempotency_key
set
  status = (:answer::jsonb ->> 'status')::smallint,
  headers = :answer::jsonb -> 'headers',
  body = convert_to(:answer::jsonb ->> 'body', 'UTF8')
where scope = :scope::text and key = :key::text
