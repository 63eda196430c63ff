"""What the contract says of events: a webhook and a schema for each type."""

from typing import Any

import msgspec

from api.contract.webhook_examples import EXAMPLE_EVENT_DATA, EXAMPLE_EVENT_ID
from api.http.example_values import EXAMPLE_TIME
from domain.webhooks.events import DATA_OF, EventType

REF = "#/components/schemas/{name}"
SUMMARIES = {
    EventType.JOB_FINISHED: "A job has ended",
    EventType.IMAGE_PROCESSED: "The work on an image has ended",
    EventType.IMAGE_DELETED: "An image is gone",
    EventType.LINK_USED_UP: "A link is used up",
    EventType.DEAD_LETTER_CREATED: "The service gave an image up",
    EventType.WEBHOOK_DISABLED: "A webhook was disabled",
    EventType.WEBHOOK_TEST: "A test",
}
_HEADERS = {
    "webhook-id": ("The same on every attempt: tells a repetition.", EXAMPLE_EVENT_ID),
    "webhook-timestamp": ("When this attempt is made, in seconds since 1970.", "1763717400"),
    "webhook-signature": (
        (
            "One for each live secret, with a space between them: `v1,` and the Base64 of the "
            "HMAC-SHA256 over `id.timestamp.body`."
        ),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
}


def describe_events(document: dict[str, Any]) -> None:
    """Add to a contract what receivers are sent."""
    _, schemas = msgspec.json.schema_components(DATA_OF.values(), ref_template=REF)
    shared = document["components"]["schemas"]
    for name, schema in schemas.items():
        shared.setdefault(name, schema)
    document["webhooks"] = {}
    for type_, data in DATA_OF.items():
        name = f"{data.__name__}Event"
        shared[name] = _schema(type_, data)
        document["webhooks"][type_.value] = {"post": _operation(type_, data, name)}


def _schema(type_: EventType, data: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": (data.__doc__ or "").strip(),
        "properties": {
            "type": {"type": "string", "const": type_.value},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened.",
            },
            "data": {"$ref": REF.format(name=data.__name__)},
        },
        "required": ["type", "timestamp", "data"],
    }


def _operation(type_: EventType, data: type[msgspec.Struct], name: str) -> dict[str, Any]:
    example = {
        "type": type_.value,
        "timestamp": EXAMPLE_TIME,
        "data": EXAMPLE_EVENT_DATA[type_],
    }
    return {
        "operationId": f"on{data.__name__}",
        "tags": ["webhooks"],
        "summary": SUMMARIES[type_],
        "description": f"{(data.__doc__ or '').strip()}\n\nSigned by the Standard Webhooks "
        "specification. Any 2xx within 15 seconds counts as received; anything else is tried "
        "again, eight times over 28 hours. The same event may arrive twice.",
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": True,
                "description": description,
                "schema": {"type": "string"},
                "example": value,
            }
            for header, (description, value) in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": REF.format(name=name)},
                    "examples": {"example-1": {"value": example}},
                }
            },
        },
        "responses": {
            "2XX": {"description": "It was received."},
            "410": {"description": "Send nothing more: the webhook is disabled."},
            "429": {"description": "Send less; `Retry-After` says when to go on."},
        },
        "security": [],
    }
