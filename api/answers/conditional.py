"""Conditional answers: the ETag of a response, and 304 for a client that has it already.

Source: RFC 9110, section 13.1.2 (If-None-Match).
"""

from typing import Any

from litestar import Response
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from api.http.request_headers import is_known

REVALIDATE = {"Cache-Control": "private, no-cache"}


def conditional(if_none_match: str | None, etag: str, response: Response[Any]) -> Response[Any]:
    """Answer with a response, or with 304 if the client has this version.

    Args:
        if_none_match: The If-None-Match header.
        etag: The version of the content, without quotes.
        response: The full answer. Its headers go with the 304 too; a Cache-Control of its own
            stays.
    """
    headers = REVALIDATE | response.headers | {"ETag": f'"{etag}"'}
    if is_known(if_none_match, etag):
        return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    response.headers = headers
    return response
