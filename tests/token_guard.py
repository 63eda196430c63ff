"""No secret may be written anywhere but in the answer that makes it.

Tokens of links and of signed URLs, signatures of S3, secrets of webhooks and passwords of embedded
servers have a form each, so they need not be known to be found: all that any test writes, logs
above all, is searched for these, and so is every answer of the service in every test.
"""

import re

import httpx

from deploy.admin_key import PASSWORD_PREFIX
from domain.keys import LINK_PREFIX
from domain.signed_urls import TOKEN_PREFIX
from domain.webhooks.signing import SECRET_PREFIX

# 256 bits; half of them would already be too many.
_TOKEN = re.compile(
    rf"({LINK_PREFIX}|{TOKEN_PREFIX})[A-Za-z0-9_-]{{20,}}"
    rf"|{SECRET_PREFIX}[A-Za-z0-9+/=]{{20,}}"
    rf"|{PASSWORD_PREFIX}[0-9a-f]{{20,}}"
    r"|X-Amz-Signature=[0-9a-f]{20,}"
)


def find_token(text: str) -> str | None:
    """Give the first token in a text, with what stands around it; None if there is none."""
    found = _TOKEN.search(text)
    if found is None:
        return None
    return text[max(0, found.start() - 80) : found.end() + 20]


async def refuse_tokens(answer: httpx.Response) -> None:
    """Fail where a header, an error or the metrics hold a token."""
    # The signed URL of a redirect is what was asked for.
    told = repr([item for item in answer.headers.multi_items() if item[0] != "location"])
    if answer.is_error or answer.request.url.path == "/metrics":
        told += (await answer.aread()).decode(errors="replace")
    assert find_token(told) is None, (answer.request.method, answer.status_code, told)
