-- Estimate how many rooms are selected, as the planner does: nothing is read.
explain (format json)
  :room_count
