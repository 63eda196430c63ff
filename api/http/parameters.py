"""Parameters that several routes share."""

from typing import Annotated

from litestar.openapi.spec import Example
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from api.http.auth import LINK_OPT, TokenIn
from api.http.example_values import EXAMPLE_ID

BY_HEADER = {LINK_OPT: TokenIn.HEADER}

TOKEN_IN_HEADER: list[dict[str, list[str]]] = [{"linkToken": []}]

DAY_SECONDS = 24 * 3600

WebhookId = Annotated[str, PathParameter(max_length=64, examples=[Example(value=EXAMPLE_ID)])]

OverlapSeconds = Annotated[
    int,
    QueryParameter(
        name="overlap_seconds",
        ge=0,
        le=7 * DAY_SECONDS,
        description="For how long the old secret signs as well: a day where it is left out.",
    ),
]

DaysZone = Annotated[
    str,
    QueryParameter(
        required=False,
        max_length=64,
        description="Time zone of the days, as the IANA database names it.",
        examples=[Example(value="Europe/Vienna")],
    ),
]

UserId = Annotated[str, PathParameter(max_length=128, examples=[Example(value="u1")])]

JobId = Annotated[str, PathParameter(max_length=64, examples=[Example(value=EXAMPLE_ID)])]

NamedUser = Annotated[
    str | None,
    QueryParameter(
        name="user_id",
        required=False,
        max_length=128,
        description="Only this user's. Service keys see what they uploaded where none is named.",
    ),
]

Prefer = Annotated[
    str | None,
    HeaderParameter(
        name="Prefer",
        required=False,
        description="`wait=N` holds the answer until the job has ended, or N seconds (30 at most).",
    ),
]

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        max_length=255,
        description="Send the same key with the same content again within 24 hours, and get the "
        "same answer.",
    ),
]

IfNoneMatch = Annotated[
    str | None,
    HeaderParameter(name="If-None-Match", required=False),
]
