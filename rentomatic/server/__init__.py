"""Between gunicorn and the application: a worker, the log, signals.

`worker` is the main loop; `waiting` has its connections. `handling` answers one request:
`head` reads it, `body` what follows, `answer` sends what the application returns.
"""
