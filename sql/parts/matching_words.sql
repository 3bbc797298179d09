-- Part: the words of a search. Only a room that has text is in room_words.
--
-- The index finds the rare words. Frequent ones beside them are compared in what it finds: `strip`
-- prevents the index from collecting all of their rooms first. Where terms do not suffice, the words
-- themselves are compared. An array is collected before the rooms are looked at; without it the
-- planner may look at each room whether it has the words.
and room.id = any(
  array(  -- if gathered
    select room_words.id
    from room_words
    where room_words.words @@ :words::tsquery
      and strip(room_words.words) @@ :frequent::tsquery  -- if frequent
      and room_words.marked like all (:marked::text[])  -- if marked
  )  -- if gathered
)
