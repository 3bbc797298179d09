"""Places and the ground of maps, offline: data files that a process looks things up in unread.

`ops/atlas` makes the data; SOURCES.md says from what, and under which licences.
"""
