"""Repositories of rooms; `interface` says what each of them guarantees."""
