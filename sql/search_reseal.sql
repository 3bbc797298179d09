-- Store the secret of a search, encrypted with another key.
update saved_search set secret = :secret::text where id = :id::uuid
