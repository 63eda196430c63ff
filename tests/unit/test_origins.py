"""Origins as settings name them, and as browsers write them."""

import pytest

from domain.origins import ANY, parse_origins


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", set()),
        (" , ", set()),
        ("https://app.example", {"https://app.example"}),
        ("HTTPS://App.Example:443, http://[::1]:80", {"https://app.example", "http://[::1]"}),
        ("http://localhost:3000,", {"http://localhost:3000"}),
        ("http://app.example:443", {"http://app.example:443"}),
        ("capacitor://localhost", {"capacitor://localhost"}),
        ("https://xn--fotos-8za.example", {"https://xn--fotos-8za.example"}),
        ("*", {ANY}),
    ],
)
def test_origins_are_written_as_browsers_do(text: str, origins: set[str]) -> None:
    assert parse_origins(text) == origins


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("https://app.example/", "place 1 "),
        ("https://a.example, app.example, https://b.example, null", "place 2, 4 "),
        ("https://app.example:99999", "place 1 "),
        ("https://app.example:0", "place 1 "),
        ("https://app.example:", "place 1 "),
        ("https://hunter:hunter2@app.example", "place 1 "),
        ("https://*.app.example", "place 1 "),
        ("https://fotos-ö.example", "place 1 "),
        ("https://app.example?x", "place 1 "),
        ("*, https://app.example", "only entry"),
    ],
)
def test_what_is_no_origin_is_named_by_its_place(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake) as raised:
        parse_origins(text)
    assert "hunter" not in str(raised.value)
