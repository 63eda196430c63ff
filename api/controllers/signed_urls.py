"""The route of pictures by signed URLs: a token in the path takes the place of a key."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency

from api.answers.image_content import send_signed_content
from api.contract.route_docs import answer, only_problems
from api.controllers.images import REDIRECTED, IfRange, Range
from api.http.auth import SIGNED
from api.http.head_requests import wants_headers_only
from api.http.headers import KEPT
from api.http.leaving import unless_client_leaves
from api.http.parameters import IfNoneMatch, SignedToken
from api.http.signed_urls import Admitted
from api.images.read_content import ReadContent
from api.state import ApiRequest
from domain.keys import Scope
from domain.signed_urls import Purpose


@get(
    "/v1/content/{token:str}",
    operation_id="getSignedContent",
    tags=["images"],
    summary="Download a picture by a signed URL",
    opt={SIGNED: Purpose.CONTENT, KEPT: True},
    security=[{}],
    responses={
        200: answer(bytes, "The picture.", media_type="image/*"),
        206: answer(bytes, "The requested part of the picture.", media_type="image/*"),
        304: answer(None, "The client already has this version of the picture."),
        307: answer(None, REDIRECTED),
    }
    | only_problems(400, 404, 409, 410, 416, 422, 429, 503),
    response_headers=[
        ResponseHeader(name="ETag", value="", documentation_only=True),
        ResponseHeader(name="Accept-Ranges", value="", documentation_only=True),
        ResponseHeader(name="Cache-Control", value="", documentation_only=True),
        ResponseHeader(name="Location", value="", documentation_only=True),
    ],
)
async def get_signed_content(
    request: ApiRequest,
    read_content: NamedDependency[ReadContent],
    token: SignedToken,
    if_none_match: IfNoneMatch = None,
    byte_range: Range = None,
    if_range: IfRange = None,
) -> Response[Any]:
    """Downloads a picture by a URL of `GET /v1/images/{image_id}/content-url` or of a list.

    It needs no key, so it works in `<img>` and in image loaders. Caches of the client may keep
    the picture until the URL expires. A URL that is not genuine, has expired, or was made with a
    key that is no longer valid is a 404.
    """
    admitted: Admitted = request.auth
    finding = read_content.find(admitted.grant.object_id, Scope(), admitted.grant.variant)
    content = await unless_client_leaves(request.receive, finding)
    expires_at = admitted.grant.expires_at
    is_head = wants_headers_only(request.scope)
    return send_signed_content(
        content, expires_at, if_none_match, byte_range, if_range, is_head=is_head
    )
