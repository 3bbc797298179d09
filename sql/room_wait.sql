-- Extend the idle timeout of this transaction, if there is one: an import may read many bad lines
-- before the next room.
select set_config('idle_in_transaction_session_timeout', '5min', true)
where current_setting('idle_in_transaction_session_timeout') <> '0'
