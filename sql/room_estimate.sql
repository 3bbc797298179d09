-- Estimate the number of selected rooms: the planner does so without reading them.
explain (format json)
  :room_count
