-- Tell the changes of a room in the order in which they were made, not that in which their
-- transactions began: the last one told must be the last one made.
--
-- A change's place is (xid, id). Its xid is the last transaction that had ended when it was made, or
-- its own if that one is later. So it is never before its own: whoever reads only what is before the
-- oldest transaction that runs misses none. And it is never before that of an earlier change of the
-- same room, whose transaction had ended.
create function room_change_place()
returns xid8
language sql
stable
as $$
  select greatest(
    pg_current_xact_id(),
    (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text::xid8
  )
$$;

comment on column room_change.xid
is 'the last transaction that had ended by then, or its own if that is later';

do $$
begin
  execute replace(
    pg_get_functiondef('note_room_changes'::regproc),
    'pg_current_xact_id()',
    '(select room_change_place())'
  );
end
$$;
