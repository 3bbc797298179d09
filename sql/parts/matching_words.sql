-- Part: the words of a search. Only a room that has text is in room_words.
--
-- The index finds the rare words. Frequent words are then compared in the rooms that it found: `strip`
-- prevents the index from collecting all of their rooms first. If the terms do not suffice, the words
-- themselves are compared. The array is collected before any room is read; without it the planner may
-- read every room and compare its words. In a sample, the words of each of its rooms are looked up instead.
and room.id = any(
  array(  -- if gathered
    select room_words.id
    from room_words
    where room_words.words @@ :words::tsquery
      and strip(room_words.words) @@ :frequent::tsquery  -- if frequent
      and room_words.id = room.id  -- if looked_up
      and room_words.marked like all (:marked::text[])  -- if marked
  )  -- if gathered
)
