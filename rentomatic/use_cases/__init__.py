"""What the service does: each use case takes a repository and a request, and returns a response."""
