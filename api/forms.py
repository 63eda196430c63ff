"""How uploads are documented: the handlers read the stream themselves."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)

UPLOAD_SCHEMA = Schema(
    type=OpenAPIType.OBJECT,
    required=["files"],
    properties={
        "files": Schema(
            type=OpenAPIType.ARRAY,
            items=Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream"),
            min_items=1,
            description="Any number of files. Other field names do as well.",
        ),
        "operations": Schema(
            type=OpenAPIType.STRING,
            description="Comma list of operations; all where it is left out.",
        ),
        "user_id": Schema(
            type=OpenAPIType.STRING,
            max_length=128,
            description="Whose images these are: required with a service key, free with an "
            "admin key, the key's own with a client key.",
        ),
    },
)


@dataclass
class UploadOperation(Operation):
    """An operation that takes files."""

    def __post_init__(self) -> None:
        """Add the form to the operation."""
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(
                    schema=UPLOAD_SCHEMA,
                    examples={
                        "portrait": Example(
                            summary="One portrait, all operations",
                            value={"files": ["portrait.jpg"]},
                        )
                    },
                )
            },
        )
