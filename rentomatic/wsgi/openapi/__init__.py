"""What the service answers, described by its own tables: for programs, and to read."""
