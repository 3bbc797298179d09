"""What went wrong, as a page."""

from http import HTTPStatus

from rentomatic.wsgi.pages.rendering import render
from rentomatic.wsgi.request import Request


def failure_page(request: Request, status: HTTPStatus, message: str) -> bytes:
    """Say what went wrong, in the visitor's language, and the message for technicians."""
    details = message.splitlines()
    return render("failure.html", request, status=int(status), details=details)
