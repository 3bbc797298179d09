-- Return what `rentomatic check` shows about the server, in one row.
select
  current_setting('server_version') as version,
  clock_timestamp() as clock,
  current_setting('synchronous_standby_names') <> '' as is_synchronous,
  -- The limits of the server, the role and the database; -1 means no limit.
  array[
    current_setting('max_connections')::int
      - current_setting('superuser_reserved_connections')::int
      - coalesce(current_setting('reserved_connections', true)::int, 0),
    (select rolconnlimit from pg_roles where rolname = current_user),
    (select datconnlimit from pg_database where datname = current_database())
  ] as connections,
  -- Left by a CREATE INDEX CONCURRENTLY that failed.
  array(
    select indexrelid::regclass::text
    from pg_index
    where indrelid = to_regclass('room') and not (indisvalid and indisready)
    order by 1
  ) as invalid_indexes
