-- Return what `rentomatic check` shows about the server, in one row.
select
  current_setting('server_version') as version,
  clock_timestamp() as clock,
  current_setting('synchronous_standby_names') <> '' as is_synchronous,
  -- What a standby has in common with its primary.
  concat_ws('/', (pg_control_system()).system_identifier, current_database()) as identity,
  -- What cancels long searches on a standby while changes are replayed.
  current_setting('hot_standby_feedback')::bool as feedback,
  current_setting('max_standby_streaming_delay') as patience,
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
