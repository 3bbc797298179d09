"""Places and the ground of maps, offline: data files that are searched without loading them.

`ops/atlas` makes the data; SOURCES.md says from what, and under which licences.
"""
