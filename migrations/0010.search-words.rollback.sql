drop trigger room_truncate_words on room;

drop trigger room_delete_words on room;

drop trigger room_update_words on room;

drop trigger room_insert_words on room;

drop function keep_room_words();

drop function words_of_room(bigint, text, text, text);

drop function word_terms(text);

drop function has_ideographs(text);

drop function mark_beginnings(text);

drop function folded_words(text);

drop table room_words;
