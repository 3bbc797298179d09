"""OGC API Features: what GIS clients read to open the rooms as a layer."""
