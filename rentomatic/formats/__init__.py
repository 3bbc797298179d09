"""The formats in which rooms are read and written, one module each."""
