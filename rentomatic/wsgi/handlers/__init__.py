"""The handlers of the routes: each takes a service and a request and returns an answer."""
