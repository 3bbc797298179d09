drop table room;
