"""What answers with a plot have in common."""

from api.requests import ApiRequest

SVG = "image/svg+xml"
SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def wants_plot(request: ApiRequest) -> bool:
    """Say whether the client would rather look than read numbers."""
    return request.accept.best_match(["application/json", SVG]) == SVG
