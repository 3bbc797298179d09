-- Report all rooms of the enabled searches again, from the first transaction of another history on.
update saved_search set since = '0' where disabled_at is null
