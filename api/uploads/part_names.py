r"""Reads names of parts as leniently as the parsers of other servers do.

Clients write a name that is not ASCII in one of these ways, some in two at once:

- as bytes of UTF-8 (browsers, curl, OkHttp, undici) or of another charset (old programs);
- as ``filename*`` (RFC 8187: aiohttp, old urllib3, .NET), in parts too (RFC 2231);
- as encoded words (RFC 2047: .NET, PowerShell, MAUI).

Quotes in a name come as ``\"`` (RFC 9110) or as ``%22`` (HTML Standard).
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from urllib.parse import unquote_to_bytes

_KEY = re.compile(r"\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.|\\(?=$))*)"\s*(?=;|$)')
_MARK = re.compile(r"(?:\*(\d{1,3}))?(\*?)\Z")
_ENCODED_WORDS = re.compile(r"(?:=\?[^?\s]{1,40}\?[BbQq]\?[^?\s]*\?=\s*)+")
_CHARSETS = re.compile(
    r"utf-?8|us-ascii|ascii|latin-?1|iso-8859-\d{1,2}|iso-2022-(?:jp|kr)|windows-125\d|koi8-[ru]"
    r"|shift_?jis|euc-(?:jp|kr)|gb(?:2312|k|18030)|big5"
)
_HTML_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%22", '"'))


def read_parameters(header: bytes) -> tuple[str, dict[str, str]]:
    """Read a header of a value with parameters, such as Content-Disposition.

    Returns:
        The value in lower case, and the parameters by their names in lower case. Of a parameter in
        two notations the extended one (``name*``) counts, if it can be read.
    """
    value, _, rest = header.decode("latin-1").partition(";")
    plain: dict[str, str] = {}
    extended: dict[str, dict[int, tuple[bool, str]]] = {}
    for key, text in _split(rest):
        found = _MARK.search(key)
        name = key[: found.start()] if found else key
        if found is None or not found.group():
            plain.setdefault(name, _decode_plain(text))
        else:
            part = int(found[1] or 0)
            extended.setdefault(name, {}).setdefault(part, (bool(found[2]), text))
    for name, parts in extended.items():
        if decoded := _decode_extended(parts):
            plain[name] = decoded
        else:
            plain.setdefault(name, "")
    return value.strip().lower(), plain


def decode_text(raw: bytes, charset: str = "utf-8") -> str:
    """Decode bytes by a charset if they are of it, else as UTF-8, else as Latin-1."""
    for candidate in (charset, "utf-8"):
        if _CHARSETS.fullmatch(candidate.lower()):
            try:
                return raw.decode(candidate)
            except (UnicodeDecodeError, LookupError):
                continue
    return raw.decode("latin-1")


def _split(rest: str) -> list[tuple[str, str]]:
    """Split parameters; a value is unquoted, still escaped, and of one character for each byte."""
    found, at = [], 0
    while at < len(rest):
        key = _KEY.match(rest, at)
        if key is not None:
            quoted = _QUOTED.match(rest, key.end())
            end = quoted.end() if quoted else rest.find(";", key.end()) % (len(rest) + 1)
            bare = rest[key.end() : end].strip()
            text = quoted[1] if quoted else bare.removeprefix('"').removesuffix('"')
            found.append((key[1].lower(), text))
            at = end
        after = rest.find(";", at)
        at = len(rest) if after < 0 else after + 1
    return found


def _decode_plain(text: str) -> str:
    name = decode_text(text.encode("latin-1"))
    if _ENCODED_WORDS.fullmatch(name):
        return _decode_words(name)
    if '\\"' in name:
        return re.sub(r"\\(.)", r"\1", name)
    for escape, character in _HTML_ESCAPES:
        name = name.replace(escape, character)
    return name


def _decode_words(words: str) -> str:
    try:
        decoded = decode_header(words)
    except (HeaderParseError, ValueError):
        return words
    return "".join(
        part if isinstance(part, str) else decode_text(part, (charset or "utf-8").split("*")[0])
        for part, charset in decoded
    )


def _decode_extended(parts: dict[int, tuple[bool, str]]) -> str:
    """Join the parts ``name*0*``, ``name*1`` …, of which the first names the charset."""
    charset, raw = "utf-8", b""
    for number in sorted(parts):
        is_encoded, text = parts[number]
        if is_encoded and not raw and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw += unquote_to_bytes(text.encode("latin-1")) if is_encoded else text.encode("latin-1")
    return decode_text(raw, charset)
