"""What connections to Redis and its Sentinels are made with, by the URL."""

import pytest
from redis.asyncio.connection import Connection, SSLConnection

from storage.urls.redis import read_redis_url


def test_url_of_sentinels_names_the_login_of_redis_alone() -> None:
    place = read_redis_url("redis+sentinel://minilab:p%40ss@a.example:1,[::1]:2,c.example/photos/3")
    assert place.kind is Connection
    assert place.sentinels == (("a.example", 1), ("::1", 2), ("c.example", 26379))
    assert place.service == "photos"
    assert place.options == {"username": "minilab", "password": "p@ss", "db": 3}
    assert place.sentinel_options == {}


def test_sentinels_get_the_login_where_the_url_says_so() -> None:
    place = read_redis_url("rediss+sentinel://:secret@a.example/photos?sentinel_auth=true&db=1")
    assert place.kind is SSLConnection
    assert place.options == {"password": "secret", "db": 1, "ssl_check_hostname": True}
    assert place.sentinel_options == {"password": "secret", "ssl_check_hostname": True}


@pytest.mark.parametrize(
    ("query", "is_checked"),
    [("", True), ("?ssl_check_hostname=false", False), ("?ssl_cert_reqs=none", False)],
)
def test_name_in_a_certificate_is_checked_by_default(query: str, is_checked: bool) -> None:
    options = read_redis_url(f"rediss://redis.example/0{query}").options
    assert options["ssl_check_hostname"] is is_checked


def test_message_does_not_repeat_the_url() -> None:
    with pytest.raises(ValueError, match=r"^the URL cannot be read$"):
        read_redis_url("redis+sentinel://:hunter2@127.0.0.1:99999/photos")
