"""URLs of a bucket: ``s3://bucket/prefix?endpoint=https://host&region=…``.

Parameters: ``endpoint`` of a server other than Amazon's, ``region`` (``us-east-1``), ``path_style``
(``true`` where there is an endpoint), ``allow_http`` (for an endpoint on another machine without
TLS). Credentials are no part of it.
"""

from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

import msgspec

PARAMETERS = {"endpoint", "region", "path_style", "allow_http"}
TRUTH = {"true": True, "false": False}


class S3Place(msgspec.Struct, frozen=True):
    """Where objects are.

    Attributes:
        prefix: All keys begin with it and a slash; empty: they begin with nothing.
        endpoint: URL of the server; empty: Amazon's for the region.
        is_path_style: Whether the bucket is in the path of URLs, rather than in the host.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    is_path_style: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether requests go without TLS."""
        return self.endpoint.startswith("http://")

    @property
    def bucket_url(self) -> str:
        """The URL of the bucket."""
        if not self.endpoint:
            if self.is_path_style:
                return f"https://s3.{self.region}.amazonaws.com/{self.bucket}"
            return f"https://{self.bucket}.s3.{self.region}.amazonaws.com"
        if self.is_path_style:
            return f"{self.endpoint}/{self.bucket}"
        scheme, _, host = self.endpoint.partition("://")
        return f"{scheme}://{self.bucket}.{host}"


def read_s3_url(url: str) -> S3Place:
    """Read a URL.

    Raises:
        ValueError: It cannot be used; the message says why, and does not repeat it.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError("write s3://bucket/prefix?endpoint=https://host&region=region")
    if "@" in parts.netloc or ":" in parts.netloc:
        raise ValueError("the URL names a bucket; credentials come from the environment")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := given.keys() - PARAMETERS:
        raise ValueError(f"unknown parameters: {', '.join(sorted(unknown))}")
    endpoint = given.get("endpoint", "").rstrip("/")
    if endpoint:
        _check_endpoint(endpoint, allow_http=_truth(given, "allow_http", default=False))
    return S3Place(
        bucket=parts.netloc,
        prefix=parts.path.strip("/"),
        endpoint=endpoint,
        region=given.get("region") or "us-east-1",
        is_path_style=_truth(given, "path_style", default=bool(endpoint)),
    )


def _check_endpoint(endpoint: str, *, allow_http: bool) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("endpoint is a URL such as https://host:port")
    if parts.path or parts.query:
        raise ValueError("endpoint has no path")
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname):
        raise ValueError("endpoint is not encrypted: use https://, or add allow_http=true")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _truth(given: dict[str, str], name: str, *, default: bool) -> bool:
    text = given.get(name)
    if text is None:
        return default
    if text not in TRUTH:
        raise ValueError(f"{name} is true or false")
    return TRUTH[text]
