"""The route of results of uploads through links: a token in the path takes the place of a key."""

from litestar import get
from litestar.di import NamedDependency

from api.contract.route_docs import answer, only_problems
from api.http.addresses import service_address
from api.http.auth import SIGNED
from api.http.parameters import ImageId, SignedToken
from api.images.link_results import ReadLinkResults
from api.schemas.link_results import LinkImageView
from api.state import ApiRequest
from domain.signed_urls import Purpose


@get(
    "/v1/results/{token:str}/images/{image_id:str}",
    operation_id="getLinkResult",
    tags=["uploads through links"],
    summary="Retrieve the results of an image for its uploader",
    opt={SIGNED: Purpose.RESULTS},
    security=[{}],
    responses={200: answer(LinkImageView, "The image with its results.")}
    | only_problems(400, 404, 410, 422, 429, 503),
)
async def get_link_result(
    request: ApiRequest,
    link_results: NamedDependency[ReadLinkResults],
    token: SignedToken,
    image_id: ImageId,
) -> LinkImageView:
    """Retrieves an image of a job by the `results_url` that the answer to its upload had.

    Other holders of the link do not know this URL, so people see the results of their own uploads
    only. It works for a week at least, and ends when the link is revoked.
    """
    return await link_results.read(request.auth, image_id, service_address(request))
