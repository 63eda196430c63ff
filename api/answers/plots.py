"""What answers with a plot have in common."""

from api.http.media_types import SVG
from api.state import ApiRequest


def wants_plot(request: ApiRequest) -> bool:
    """Say whether the client would rather look than read numbers."""
    return request.accept.best_match(["application/json", SVG]) == SVG
