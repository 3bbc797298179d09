"""Extensions of gunicorn: the worker, the log, signals."""
