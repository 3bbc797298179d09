"""Between gunicorn and the application: a worker, the log, signals.

`worker` is the main loop; `waiting` keeps its connections. `handling` answers one request: `head`
parses its head, `body` reads its body, `answer` sends what the application returns.
"""
