"""What each route does: a service and a request in, an answer out."""
