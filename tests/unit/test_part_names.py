"""Names of parts, as clients write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.uploads.part_names import decode_text, read_parameters

DOTNET = (
    b'form-data; name=f; filename="=?utf-8?B?5YaZ55yfLnBuZw==?=";'
    b" filename*=utf-8''%E5%86%99%E7%9C%9F.png"
)
WHO_SENDS = {
    "browsers, curl, httpx": (
        b'form-data; name="f"; filename="\xe5\x86\x99\xe7\x9c\x9f.png"',
        "写真.png",
    ),
    "aiohttp": (b"form-data; name=\"f\"; filename*=utf-8''%E5%86%99%E7%9C%9F.png", "写真.png"),
    "old urllib3": (b"form-data; name=\"f\"; filename*=utf-8''na%C3%AFve.png", "naïve.png"),
    ".NET, PowerShell, MAUI": (DOTNET, "写真.png"),
    ".NET without filename*": (
        b'form-data; name=f; filename="=?utf-8?B?5YaZ55yfLnBuZw==?="',
        "写真.png",
    ),
    "encoded words, Q": (b'form-data; filename="=?UTF-8?Q?Stra=C3=9Fe_1.png?="', "Straße 1.png"),
    "two encoded words": (
        b'form-data; filename="=?utf-8?B?5YaZ?= =?utf-8?B?55yfLnBuZw==?="',
        "写真.png",
    ),
    "encoded word, Latin-1": (b'form-data; filename="=?iso-8859-1?Q?=E9t=E9.png?="', "été.png"),
    "Latin-1 bytes": (b'form-data; filename="\xe9t\xe9.png"', "été.png"),
    "Latin-1 in filename*": (b"form-data; filename*=iso-8859-1''%E9t%E9.png", "été.png"),
    "language": (b"form-data; filename*=UTF-8'de'Stra%C3%9Fe.png", "Straße.png"),
    "filename* first": (b"form-data; filename*=utf-8''%C3%A4.png; filename=\"a.png\"", "ä.png"),
    "filename* in quotes": (b"form-data; filename*=\"utf-8''%C3%A4.png\"", "ä.png"),
    "filename* without charset": (b"form-data; filename*=%C3%A4.png", "ä.png"),
    "empty filename*": (b"form-data; filename=\"a.png\"; filename*=utf-8''", "a.png"),
    "unknown charset": (b"form-data; filename*=klingon''%C3%A4.png", "ä.png"),
    "broken escapes": (b"form-data; filename*=utf-8''100%25%zz%C3%A4%.png", "100%%zzä%.png"),
    "broken UTF-8": (b"form-data; filename*=utf-8''%E9t%E9.png", "été.png"),
    "parts (RFC 2231)": (
        b"form-data; filename*0*=utf-8''%E5%86%99; filename*1*=%E7%9C%9F; filename*2=\".png\"",
        "写真.png",
    ),
    "Go, Apache, OpenSSL": (
        b'form-data; name="f"; filename="a \\"b\\" \\\\c.png"',
        'a "b" \\c.png',
    ),
    "Chrome, Firefox, Safari": (
        b'form-data; name="f"; filename="a %22b%22 %0D%0A.png"',
        'a "b" \r\n.png',
    ),
    "Internet Explorer": (b'form-data; filename="C:\\photos\\a.png"', "C:\\photos\\a.png"),
    "a backslash at the end": (b'form-data; filename="a\\"; name="f"', "a\\"),
    "no quotes": (b"form-data; filename=a.png; name=f", "a.png"),
    "no quotes, blanks": (b"form-data; filename= my photo.png ; name=f", "my photo.png"),
    "no quotes, UTF-8": ("form-data; filename=写真.png".encode(), "写真.png"),
    "form-data of Node, raw quotes": (b'form-data; filename="a"b.png"', 'a"b.png'),
    "a quote that is missing": (b'form-data; filename="a.png', "a.png"),
    "semicolon": (b'form-data; filename="a;b.png"; name=f', "a;b.png"),
    "upper case": (b'FORM-DATA; NAME="f"; FILENAME="a.png"', "a.png"),
    "blanks": (b'form-data ;name = "f" ;  filename = "a.png" ', "a.png"),
    "not an encoded word": (b'form-data; filename="=?x?= a.png"', "=?x?= a.png"),
    "a broken encoded word": (b'form-data; filename="=?utf-8?B?A?="', "=?utf-8?B?A?="),
}


@pytest.mark.parametrize(("header", "name"), WHO_SENDS.values(), ids=WHO_SENDS.keys())
def test_name_is_read_as_it_was_meant(header: bytes, name: str) -> None:
    kind, parameters = read_parameters(header)
    assert kind == "form-data"
    assert parameters["filename"] == name


@pytest.mark.parametrize(
    "header",
    [
        b"multipart/form-data; boundary=a=b==",
        b'Multipart/Form-Data; charset=utf-8; Boundary="a=b=="',
        b"multipart/form-data;boundary=a=b==;charset=utf-8",
        b"multipart/form-data; ; boundary = a=b==",
    ],
)
def test_boundary_is_read(header: bytes) -> None:
    assert read_parameters(header)[0] == "multipart/form-data"
    assert read_parameters(header)[1]["boundary"] == "a=b=="


@given(st.binary(max_size=300), st.sampled_from([b"", b"a; b=", b"a; b*=", b'a; b="', b"a; b*0*="]))
def test_any_bytes_are_read_as_text_that_can_be_sent(header: bytes, prefix: bytes) -> None:
    kind, parameters = read_parameters(prefix + header)
    assert [text.encode() for text in (kind, *parameters, *parameters.values())]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_utf8_stays_as_it_is(text: str) -> None:
    assert decode_text(text.encode()) == text
