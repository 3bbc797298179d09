"""Rooms become bytes here, one module a format."""
