"""Documentation of events: a webhook and a schema for each type."""

from typing import Any

import msgspec

from domain.webhooks.events import DATA_OF, EventType

REF = "#/components/schemas/{name}"
SUMMARIES = {
    EventType.JOB_FINISHED: "A job has ended",
    EventType.IMAGE_PROCESSED: "An image was processed",
    EventType.IMAGE_DELETED: "An image was deleted",
    EventType.LINK_USED_UP: "An upload link is used up",
    EventType.DEAD_LETTER_CREATED: "An image could not be processed",
    EventType.WEBHOOK_DISABLED: "A webhook was disabled",
    EventType.WEBHOOK_TEST: "A test event",
}
DELIVERY = (
    "Events are signed according to the Standard Webhooks specification. Answer with any 2xx "
    "within 15 seconds. Otherwise the event is sent again, up to eight times within 28 hours. An "
    "event may arrive twice: compare `webhook-id`."
)
_HEADERS = {
    "webhook-id": (
        "ID of the event, the same on every attempt. Use it to recognize a repetition.",
        "msg_5f2b8a3d1c9e47f06a7b8c9d0e1f2a3b",
    ),
    "webhook-timestamp": ("Time of this attempt, in seconds since 1970.", "1763717400"),
    "webhook-signature": (
        (
            "One signature for each valid secret, separated by spaces: `v1,` and the Base64 of the "
            "HMAC-SHA256 of `id.timestamp.body`."
        ),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
}


def describe_events(document: dict[str, Any]) -> None:
    """Add the webhooks and the schemas of their bodies to a contract."""
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
                "description": "When the event happened.",
            },
            "data": {"$ref": REF.format(name=data.__name__)},
        },
        "required": ["type", "timestamp", "data"],
    }


def _operation(type_: EventType, data: type[msgspec.Struct], name: str) -> dict[str, Any]:
    return {
        "operationId": f"on{data.__name__}",
        "tags": ["webhooks"],
        "summary": SUMMARIES[type_],
        "description": f"{(data.__doc__ or '').strip()}\n\n{DELIVERY}",
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
            "content": {"application/json": {"schema": {"$ref": REF.format(name=name)}}},
        },
        "responses": {
            "2XX": {"description": "The event was received."},
            "410": {"description": "The receiver is gone. The webhook is disabled."},
            "429": {"description": "The receiver asks for fewer events; see `Retry-After`."},
        },
        "security": [],
    }
