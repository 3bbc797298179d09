"""The embedded PostgreSQL: a real server of our own, where no database is configured."""
