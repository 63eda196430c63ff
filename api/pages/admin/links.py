"""Upload links: created with an expiry, shown once with a QR code, followed, revoked."""

import segno
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template
from markupsafe import Markup

from api.access.upload_links import ManageLinks
from api.answers.archives import ArchiveDownload
from api.http.addresses import service_address
from api.images.archives import ArchiveRequest, ReadArchives
from api.pages.admin.forms import PAGE_ITEMS, source_of, with_api_fields
from api.pages.errors import go_to
from api.pages.forms import Form, read_form
from api.schemas.images import ImageVariant
from api.schemas.upload_links import CreatedUploadLinkView, UploadLinkRequest
from api.schemas.views import Cursor
from api.state import ApiRequest

PATH = "/admin/links"
TEXTS = "admin.links"
QR_BORDER = 2


@get("/links")
async def show_links(
    request: ApiRequest, manage_links: NamedDependency[ManageLinks], cursor: Cursor = None
) -> Template:
    """Show the links and their use, newest first, with the form of a new one."""
    return await _page(request, manage_links, cursor)


@post("/links")
async def create_link(
    request: ApiRequest, manage_links: NamedDependency[ManageLinks], data: URLEncodedBody[Form]
) -> Template:
    """Create a link, and show it once."""
    wanted = read_form(UploadLinkRequest, with_api_fields(data, "max_bytes", TEXTS), TEXTS)
    created = await manage_links.create(source_of(request), wanted, service_address(request))
    return await _page(request, manage_links, None, created.made)


@post("/links/{link_id:str}/revoke")
async def revoke_link(
    request: ApiRequest, manage_links: NamedDependency[ManageLinks], link_id: FromPath[str]
) -> Response[None]:
    """Revoke a link."""
    await manage_links.revoke(request.user, link_id)
    return go_to(request, PATH)


@get("/links/{link_id:str}/archive")
async def download_link(
    request: ApiRequest, archives: NamedDependency[ReadArchives], link_id: FromPath[str]
) -> ArchiveDownload:
    """Download what was uploaded through a link."""
    asked = ArchiveRequest(ImageVariant.ORIGINAL, None, None)
    return ArchiveDownload(request, archives, await archives.of_link(link_id, request.user, asked))


async def _page(
    request: ApiRequest,
    manage_links: ManageLinks,
    cursor: str | None,
    created: CreatedUploadLinkView | None = None,
) -> Template:
    page = await manage_links.list_page(request.user, PAGE_ITEMS, cursor)
    code = None if created is None else draw_code(created.page_url)
    return Template("admin/links.html", context={"page": page, "created": created, "code": code})


def draw_code(url: str) -> Markup:
    """Draw a QR code as an SVG element: the URL holds a token, so no request may ask for it."""
    code = segno.make(url, micro=False)
    return Markup(code.svg_inline(border=QR_BORDER, omitsize=True, dark="#000", light="#fff"))  # noqa: S704


ROUTES = (show_links, create_link, revoke_link, download_link)
