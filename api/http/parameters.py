"""Parameters that several routes share, and the values of their examples."""

from typing import Annotated, Any

from litestar.openapi.spec import Example
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from api.http.auth import LINK_OPT, TokenIn
from domain.labels import TASK_PATTERN

EXAMPLE_ID = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
EXAMPLE_DELIVERY_ID = f"msg_5f2b8a3d1c9e47f06a7b8c9d0e1f2a3b:{EXAMPLE_ID}"
EXAMPLE_TIME = "2026-11-21T09:30:00Z"
EXAMPLE_SIGNED_TOKEN = "mls_the-token-of-the-url"  # noqa: S105 -- not the token of a URL
EXAMPLE_TOKEN = "mll_the-token-of-the-link"  # noqa: S105 -- not the token of a link

BY_HEADER: dict[str, Any] = {"opt": {LINK_OPT: TokenIn.HEADER}, "security": [{"linkToken": []}]}
"""Options of routes that take the token of a link as bearer."""

DAY_SECONDS = 24 * 3600


def id_of(name: str, max_length: int = 64, shown: str = EXAMPLE_ID) -> PathParameter:
    """Describe a path parameter that is an ID."""
    return PathParameter(
        max_length=max_length,
        description=f"The ID of the {name}.",
        examples=example(shown),
    )


def example(value: object) -> list[Example]:
    """Show a value of a parameter: in the contract, and in the refusal of another value."""
    return [Example(value=value)]


def _header(
    name: str, description: str, shown: str, max_length: int | None = None
) -> HeaderParameter:
    return HeaderParameter(
        name=name,
        required=False,
        max_length=max_length,
        description=description,
        examples=example(shown),
    )


ImageId = Annotated[str, id_of("image")]
JobId = Annotated[str, id_of("job")]
LinkId = Annotated[str, id_of("upload link")]
UserId = Annotated[str, id_of("user", max_length=128, shown="u1")]
SignedToken = Annotated[
    str,
    PathParameter(description="The token of the URL.", examples=example(EXAMPLE_SIGNED_TOKEN)),
]
WebhookId = Annotated[str, id_of("webhook")]
Task = Annotated[
    str,
    PathParameter(
        pattern=TASK_PATTERN,
        description="The name of the task: 1 to 40 ASCII letters, digits, hyphens and underscores.",
        examples=example("flowers"),
    ),
]
VersionNumber = Annotated[
    int,
    PathParameter(
        ge=1, le=1_000_000_000, description="The number of the version.", examples=example(3)
    ),
]

NamedUser = Annotated[
    str | None,
    QueryParameter(
        name="user_id",
        required=False,
        max_length=128,
        description="Only what belongs to this user. Without it, a service key sees its tenant or, "
        "if it has none, its own uploads.",
        examples=example("u1"),
    ),
]
NamedTenant = Annotated[
    str | None,
    QueryParameter(
        name="tenant",
        required=False,
        max_length=128,
        description="With an admin key: the tenant of the users. Without it, `user_id` names a "
        "user without a tenant. Other keys determine their tenant.",
        examples=example("acme"),
    ),
]
DaysZone = Annotated[
    str,
    QueryParameter(
        required=False,
        max_length=64,
        description="IANA name of the time zone of the days.",
        examples=example("Europe/Vienna"),
    ),
]
OverlapSeconds = Annotated[
    int,
    QueryParameter(
        name="overlap_seconds",
        ge=0,
        le=7 * DAY_SECONDS,
        description="Seconds for which the old secret signs too: a day by default, a week at most.",
        examples=example(3600),
    ),
]
Prefer = Annotated[
    str | None,
    _header(
        "Prefer",
        "`wait=N` delays the response until the job has ended, or for N seconds (30 at most).",
        "wait=30",
    ),
]
IdempotencyKey = Annotated[
    str | None,
    _header(
        "Idempotency-Key",
        "A unique value of your choice. A request with the same key and content within 24 hours "
        "gets the same response. 1 to 255 printable ASCII characters; a UUID is a good choice.",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        max_length=255,
    ),
]
IfNoneMatch = Annotated[
    str | None,
    _header(
        "If-None-Match",
        "The `ETag` of a version that you have: if it is current, the response is 304.",
        '"019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4-7-0"',
    ),
]
LastEventId = Annotated[
    str | None,
    _header(
        "Last-Event-ID",
        "The `id` of the last event that you read: only newer states are sent.",
        "7",
        max_length=64,
    ),
]
