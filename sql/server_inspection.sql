-- What `rentomatic check` asks the server: one row.
select
  current_setting('server_version') as version,
  clock_timestamp() as clock,
  -- What the server, the role and the database each allow; -1 allows any number.
  array[
    current_setting('max_connections')::int
      - current_setting('superuser_reserved_connections')::int
      - coalesce(current_setting('reserved_connections', true)::int, 0),
    (select rolconnlimit from pg_roles where rolname = current_user),
    (select datconnlimit from pg_database where datname = current_database())
  ] as connections,
  -- What a CREATE INDEX CONCURRENTLY that failed has left behind.
  array(
    select indexrelid::regclass::text
    from pg_index
    where indrelid = to_regclass('room') and not (indisvalid and indisready)
    order by 1
  ) as invalid_indexes
