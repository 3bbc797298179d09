"""The page to sign in."""

from rentomatic.wsgi.pages.choice import language_of
from rentomatic.wsgi.pages.form import Control
from rentomatic.wsgi.pages.languages import texts_of
from rentomatic.wsgi.pages.rendering import render
from rentomatic.wsgi.request import Request


def sign_in_page(
    request: Request,
    back: str,
    problem: str = "",
    *,
    is_possible: bool = True,
    **parameters: object,
) -> bytes:
    """Ask for a token.

    Args:
        request: the request for the page.
        back: where to go after signing in, an address of this site.
        problem: what went wrong, the name of a text; empty for nothing.
        is_possible: whether anyone can sign in.
        parameters: the parameters of that text.
    """
    t = texts_of(language_of(request))
    label = t("sign_in.token")
    token = Control(
        "token",
        label,
        label,
        "text",
        {"type": "password", "autocomplete": "current-password"},
        hint=t("sign_in.hint"),
        error=t(f"sign_in.{problem}", **parameters) if problem else "",
    )
    return render(
        "sign_in.html", request, back=back, problem=problem, token=token, is_possible=is_possible
    )
