-- List the migrations that the database has.
select migration_id
from _yoyo_migration
order by migration_id
