-- Refresh the statistics after a large change, so that the next search is planned right.
analyze room
