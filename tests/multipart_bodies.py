"""Multipart bodies written byte by byte, as odd clients and attackers write them."""

BOUNDARY = "a-boundary"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def part(content: bytes, disposition: bytes, *more_headers: bytes) -> bytes:
    """Write one part; the disposition is what follows ``form-data; ``."""
    headers = b"\r\n".join((b"Content-Disposition: form-data; " + disposition, *more_headers))
    return b"--" + BOUNDARY.encode() + b"\r\n" + headers + b"\r\n\r\n" + content + b"\r\n"


def file_part(content: bytes, filename: str = "a.jpg") -> bytes:
    """Write a part that is a file; the name goes in as it is."""
    return part(content, f'name="files"; filename="{filename}"'.encode())


def field_part(name: str, value: bytes) -> bytes:
    """Write a part that is a text field."""
    return part(value, f'name="{name}"'.encode())


def body_of(*parts: bytes) -> bytes:
    """Put parts together and end the body."""
    return b"".join(parts) + b"--" + BOUNDARY.encode() + b"--\r\n"
