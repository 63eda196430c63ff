"""Searches that cannot be made: the form is shown again, with the reason."""

from typing import Any

from litestar.exceptions import ValidationException
from litestar.response import Template

from api.http.errors import answer_http_exception, answer_service_error
from api.http.headers import page_headers
from api.pages.gallery.queries import form_of, search_of
from api.pages.routing import IMAGES, OWN_FORMS
from domain.errors.requests import InvalidValue


def refuse_search(request: Any, error: Exception) -> Template:
    """Show the values that were sent, and what is wrong with them."""
    if isinstance(error, InvalidValue):
        problem = answer_service_error(request, error)
    else:
        problem = answer_http_exception(request, error)  # type: ignore[arg-type]
    context = {
        "page": None,
        "search": search_of(request),
        "cursor": "",
        "form": form_of(request),
        "predictions": [],
        "refusal": problem.content,
        "most": request.app.state.settings.reads.max_archive_images,
    }
    return Template(
        "gallery/search.html",
        context=context,
        status_code=problem.content.status,
        headers=page_headers(IMAGES, OWN_FORMS),
    )


REFUSED_SEARCH: dict[Any, Any] = dict.fromkeys((InvalidValue, ValidationException), refuse_search)
