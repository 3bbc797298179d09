"""HTTP over WSGI (PEP 3333): the only place that knows `environ`."""
