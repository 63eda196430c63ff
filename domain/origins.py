"""Origins of web pages (RFC 6454): scheme, host and port."""

import re

ANY = "*"
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65_535


def parse_origins(text: str) -> frozenset[str]:
    """Parse a comma list of origins, as in ``https://app.example,http://localhost:3000``.

    Returns:
        The origins as browsers write them: in lower case, without the default port. Or
        :data:`ANY` alone.

    Raises:
        ValueError: Some entries are no origins. The message gives their places in the list, not
            their text, which may hold a password.
    """
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    if ANY in entries:
        if len(entries) > 1:
            raise ValueError("* admits every origin, so it must be the only entry")
        return frozenset(entries)
    origins = [_write_as_browsers_do(entry) for entry in entries]
    wrong = [str(place) for place, origin in enumerate(origins, 1) if origin is None]
    if wrong:
        raise ValueError(
            f"no origin at place {', '.join(wrong)} of the list. Write scheme://host or "
            "scheme://host:port, without a path; the host in ASCII"
        )
    return frozenset(origin for origin in origins if origin is not None)


def _write_as_browsers_do(entry: str) -> str | None:
    found = _ORIGIN.fullmatch(entry.lower())
    if found is None:
        return None
    begin, port = f"{found['scheme']}://{found['host']}", int(found["port"] or 0)
    if port > _MAX_PORT or (found["port"] and not port):
        return None
    return begin if port in {0, _DEFAULT_PORTS.get(found["scheme"])} else f"{begin}:{port}"
