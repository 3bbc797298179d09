-- Let this transaction wait while rooms are read, of which the file may have none for long, as its
-- lines are bad; where a wait has an end at all.
select set_config('idle_in_transaction_session_timeout', '5min', true)
where current_setting('idle_in_transaction_session_timeout') <> '0'
