-- Refresh the statistics after a large change, so that the next search gets a good plan.
analyze room, room_words
