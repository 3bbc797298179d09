"""The embedded PostgreSQL: a real server of our own, used if no database is configured."""
