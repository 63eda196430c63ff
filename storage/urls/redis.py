"""URLs of Redis: of one server, or of Sentinels that know which of several servers is the master.

``redis+sentinel://user:password@host:26379,host:26379/service/0`` names the Sentinels and the
service. User and password are those of Redis; ``?sentinel_auth=true`` gives them to the Sentinels
too. ``rediss+sentinel://`` speaks TLS with both.
"""

from typing import Any

import msgspec
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
    to_bool,
)
from redis.exceptions import RedisError

SENTINEL_PORT = 26379
_SENTINEL = "+sentinel://"


class RedisPlace(msgspec.Struct, frozen=True):
    """Where Redis is, and how it is connected to.

    Attributes:
        kind: The class of its connections.
        options: What these are made with; without host and port if there are Sentinels.
        sentinels: Host and port of each Sentinel; empty: a server without Sentinels.
        service: Name of the master, as the Sentinels know it.
        sentinel_options: What connections to the Sentinels are made with.
    """

    kind: type[AbstractConnection]
    options: dict[str, Any]
    sentinels: tuple[tuple[str, int], ...] = ()
    service: str = ""
    sentinel_options: dict[str, Any] = {}


def read_redis_url(url: str) -> RedisPlace:
    """Read a URL.

    The name in a certificate is checked, unless the URL says ``ssl_check_hostname=false``.

    Raises:
        ValueError: No connection can be made by it. The message does not repeat it.
    """
    try:
        place = _read_sentinels(url) if _SENTINEL in url else _read_server(url)
        place.kind(**place.options)
    except (ValueError, TypeError, RedisError) as error:
        raise ValueError("the URL cannot be read") from error
    if place.kind is UnixDomainSocketConnection and not place.options.get("path"):
        raise ValueError("the URL names no socket")
    return place


def _read_server(url: str) -> RedisPlace:
    options: dict[str, Any] = dict(parse_url(url))
    kind = options.pop("connection_class", Connection)
    if kind is SSLConnection:
        options.setdefault("ssl_check_hostname", options.get("ssl_cert_reqs") != "none")
    return RedisPlace(kind, options)


def _read_sentinels(url: str) -> RedisPlace:
    scheme, _, rest = url.partition(_SENTINEL)
    hosts, _, tail = rest.partition("/")
    login, at, hosts = hosts.rpartition("@")
    path, _, query = tail.partition("?")
    service, _, database = path.partition("/")
    if not service or (database and not database.isdigit()):
        raise ValueError("the path is not /service or /service/database")
    servers = [
        _read_server(f"{scheme}://{login}{at}{host}/{database}?{query}")
        for host in hosts.split(",")
    ]
    places = [server.options for server in servers]
    if not all("host" in each for each in places):
        raise ValueError("a Sentinel has no host")
    sentinels = tuple((each.pop("host"), each.pop("port", SENTINEL_PORT)) for each in places)
    options = places[0]
    gets_login = to_bool(options.pop("sentinel_auth", None))
    own = {"db"} if gets_login else {"db", "username", "password"}
    own_options = {name: value for name, value in options.items() if name not in own}
    return RedisPlace(servers[0].kind, options, sentinels, service, own_options)
