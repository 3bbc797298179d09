-- Save a search, unless its owner has as many as one may have; return its times.
insert into saved_search (id, owner, name, query, webhook, host, secret)
select
  :id::uuid,
  :owner::text,
  :name::text,
  :query::text,
  :webhook::text,
  :host::text,
  :secret::text
where (select count(*) from saved_search where owner = :owner::text) < :most::bigint
returning created_at
