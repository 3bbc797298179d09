"""What is of our own between gunicorn and the application."""
