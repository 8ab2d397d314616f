"""The web UI as a face: the paths that are pages, and what a page says of an error."""

from http import HTTPStatus
from typing import Final

from starlette.responses import HTMLResponse, Response

from libs.chassis.errors import PlatformError
from services.gateway.inbound.http.errors import ErrorOut, standard_body
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.pages.rendering import HEADERS, render

HOME: Final = "/app"
LIBRARY: Final = "/model-development"


def error_page(error: PlatformError, status: int) -> Response:
    """Return the page of an error that no page has shown in its own place."""
    more = [f"{name}: {' '.join(problems)}" for name, problems in error.details.items()]
    page = render("error.html", title=HTTPStatus(status).phrase, message=error.message, more=more)
    return HTMLResponse(page, status_code=status, headers=HEADERS)


FACE: Final = Face(
    name="pages",
    title="Pages",
    prefixes=(HOME, LIBRARY),
    error_body=standard_body,
    error_model=ErrorOut,
    error_page=error_page,
)
# Whose limits count what pages read: a page reads as often as it must, and nobody's requests to an API are used up by looking.
READS: Final = Face(name="page_reads", error_body=standard_body, error_model=ErrorOut)
