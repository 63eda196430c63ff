"""Every page of admins: nothing without a session, nothing with the session of another role."""

from typing import Any

import httpx
import pytest

from tests.problems import assert_problem
from tests.routes import routes_of
from tests.service import NO_TLS, Service

pytestmark = pytest.mark.one_service

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"


def admin_routes(service: Service) -> list[tuple[str, str]]:
    """Give target and method of each route below /admin but that of signing out."""
    found = [
        (path, method)
        for path, method in routes_of(service.app)
        if path.startswith("/admin") and not path.endswith("/sign-out")
    ]
    assert len(found) > 25
    return [(path.format_map(Unknown()), method) for path, method in found]


class Unknown(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "1" if name == "version" else UNKNOWN


async def test_no_session_no_page(service: Service) -> None:
    html = {"Accept": "text/html"}
    async with httpx.AsyncClient(base_url=service.client.base_url, verify=NO_TLS) as client:
        for target, method in admin_routes(service):
            answer = await client.request(method, target, headers=OWN_PAGE | html)
            assert answer.status_code == 303, target
            assert answer.headers["location"].startswith("/sign-in"), target
            assert_problem(
                await client.request(method, target, headers=OWN_PAGE), 401, "unauthenticated"
            )


async def test_no_page_for_other_roles_and_no_change_from_other_sites(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.client.base_url, verify=NO_TLS) as client:
        for role, user in (("client", "u1"), ("reader", None), ("service", None), ("admin", None)):
            key = await service.make_key(role, user)
            signed_in = await client.post("/sign-in", data={"key": key}, headers=OWN_PAGE)
            cookie = signed_in.headers["set-cookie"].partition(";")[0]
            client.cookies.clear()
            elsewhere = {"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}
            for target, method in admin_routes(service):
                if role != "admin":
                    answer = await client.request(
                        method, target, headers=OWN_PAGE | {"Cookie": cookie}
                    )
                    assert answer.status_code == 403, (role, target)
                elif method == "POST":
                    answer = await client.post(target, headers=elsewhere)
                    assert_problem(answer, 403, "forbidden")
