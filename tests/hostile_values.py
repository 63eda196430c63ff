"""Values that parsers stumble over, by their place in a request."""

PATHS = [
    *("%00", "a%00b", "%ff%fe", "%ED%A0%80", "%", "%zz", "%2F", "a%2Fb", "a%252Fb", "%2E%2E"),
    *("..%2F..%2Fetc%2Fpasswd", "%5C", "%0D%0AX-Evil:%20x", "x" * 256, "x" * 5000),
    *("%F0%9F%98%80" * 100, "$ne", "%7B%22$gt%22:1%7D", "%EF%BF%BF"),
]
TIMES = [
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"),
    *("0001-01-01T00:00:00%2B14:00", "9999-12-31", "0001-01-01", "0000-00-00", "2026-02-30"),
    *("99999-01-01", "9999-W52", "9999-W53", "0000-W01", "0001-W01", "253402300800", "1e300"),
]
NUMBERS = ["0", "-1", "1e9", "9" * 30, "9" * 5000, "NaN", "Infinity", "0x10", "%D9%A3", "1_0"]
ZONES = ["../../etc/passwd", "/etc/localtime", "Europe", "Europe/", "posixrules", "a" * 60]
QUERIES = ["", "%FF", "\xff", "{}", "90,180", "1e400,0", *PATHS, *TIMES, *NUMBERS, *ZONES]
WORST_QUERIES = ["", "%FF", "%00", "%ED%A0%80", "%zz", "9" * 30, "NaN", TIMES[1], "x" * 5000]
WHOLE_QUERIES = ["%00=%00", "\xff=\xff", "=", "&&&", "limit", "limit=1&limit=2", "a" * 5000]

HEADERS = [
    *("Accept", "Accept-Encoding", "Content-Type", "Cookie", "Expect", "Forwarded", "Prefer"),
    *("Idempotency-Key", "If-None-Match", "If-Range", "Last-Event-ID", "Origin", "Range", "Via"),
    *("Traceparent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-ID"),
]
HEADER_VALUES = [
    *(b"", b"\xff\xfe", b"\xed\xa0\x80", b'"', b'"\\', b"'", b"%00", b";;;,,,==", b"=?utf-8?"),
    *(b"a" * 5000, b"9" * 400, b"bytes=" + b"9" * 30 + b"-", b"bytes=-0", b"bytes=-"),
    *(b"wait=" + b"9" * 5000, b"text/html;q=" + b"9" * 30, b"*/*;q=x", b"a/b;c", b"/"),
    *(b"application/json; charset=\xff", b"multipart/form-data", b"127.0.0.1:99999"),
]
HOSTS = [
    *(b"x:99999", b"x:65536", b"x:-1", b"x:abc", b"x:" + b"9" * 500, b"x:1:2", b"[::1", b"::1]"),
    *(b"[::1]:99999", b"[::1]x", b"[nonsense]", b"]", b"@", b"a b", b"\xff", b"x/../y", b"<x>"),
    *(b"user:pw@host", b"x\\y", b"x?y", b"x#y", b'"', b"x:\xd9\xa3"),
]
BODIES = [
    *(
        b"",
        b"{",
        b"\xff\xfe",
        b'"\xff"',
        b'{"a": "\xff"}',
        b'{"\xff": 1}',
        b"\x00",
        b"\xef\xbb\xbf{}",
    ),
    *(b'{"note": "\xed\xa0\x80"}', b'"\\ud800"', b'{"note": "\\ud800x"}', b'{"\\ud800": 1}'),
    *(b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"-" + b"9" * 400, b"[1e999]", b"NaN"),
    *(
        b"Infinity",
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'{"note": "a\\u0000b"}',
        b'{"ids": ["\\u0000"]}',
    ),
    b'{"note": 1, "note": 2}',
    b'{"expires_in": %s}' % (b"9" * 400),
    b'{"max_files": %s, "expires_in": 60}' % (b"9" * 30),
    b'{"since": "9999-12-31T23:59:59-14:00"}',
    b'{"since": "0001-01-01T00:00:00+14:00"}',
    b'{"role": "admin", "expires_at": "9999-12-31T23:59:59-23:59"}',
    b'{"expires_at": "0001-01-01T00:00:00+23:59"}',
    b'{"filter": {"user_id": "\\u0000", "job_id": "\\u0000"}}',
    b'{"url": "http://[::1"}',
    b'{"url": "https://x:99999/"}',
    b'{"url": "https://\\u2100/"}',
    b'{"url": "https://%s/"}' % (b"a" * 300),
    b'{"url": "https://a..b/", "note": "\\u0000"}',
]

HEADS = [
    b"GET /v1/\xff HTTP/1.1\r\nHost: x\r\n",
    b"GET /v1/\x00 HTTP/1.1\r\nHost: x\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n",
    b"GET /healthz HTTP/9.9\r\nHost: x\r\n",
    b"NONSENSE\r\n",
    b"GET /healthz HTTP/1.1\r\nHost x\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n",
]
"""Lines that are no HTTP request, or name no path."""
