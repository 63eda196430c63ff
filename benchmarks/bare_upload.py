"""``python -m benchmarks.bare_upload PORT``: a route that parses and hashes, and stores nothing.

The limit of the acceptance of uploads: the same framework, server and parser, without durability.
"""

import hashlib
import sys
from typing import Any

import uvicorn
from litestar import Litestar, Request, post
from multipart import MultipartSegment, PushMultipartParser, parse_options_header


@post("/v1/jobs", status_code=202, request_max_body_size=None)
async def take(request: Request[Any, Any, Any]) -> dict[str, int]:
    """Parse the form and hash its files."""
    _, options = parse_options_header(request.headers.get("content-type", ""))
    files = 0
    running = hashlib.sha256()
    with PushMultipartParser(options["boundary"]) as parser:
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                if event is None:
                    running.hexdigest()
                elif isinstance(event, MultipartSegment):
                    running = hashlib.sha256()
                    files += 1
                else:
                    running.update(event)
    return {"files": files}


def main() -> None:
    """Serve the route with the settings of the API."""
    uvicorn.run(
        Litestar([take], openapi_config=None, logging_config=None),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main()
