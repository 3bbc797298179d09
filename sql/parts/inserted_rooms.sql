-- Part: insert the rooms that the statement gets, in their order.
insert into room (
  :room_columns
)
select
  :room_columns
from
  :given_rooms
order by place
