do $$
begin
  execute replace(
    pg_get_functiondef('note_room_changes'::regproc),
    '(select room_change_place())',
    'pg_current_xact_id()'
  );
end
$$;

comment on column room_change.xid is 'the transaction that made the change';

drop function room_change_place();
