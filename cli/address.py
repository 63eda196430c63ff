"""The address and the key of a service, and what to try if it does not answer."""

import ipaddress
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from cli.errors import UnreachableError
from cli.variables import API_KEY, DATA_DIR, PORT, URL

_KEY_WANTED = (
    "an API key is needed. Set MINILAB_API_KEY, or name a file that holds it with --key-file."
)


class Key(NamedTuple):
    """An API key, and where it was found."""

    secret: str
    source: str


def default_url() -> str:
    """Return the address of the service of `make run` on this machine."""
    return f"http://127.0.0.1:{os.environ.get(PORT) or 8000}"


def check_url(url: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        UsageError: It is not the address of a service.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        rest = url.rsplit("://", maxsplit=1)[-1]
        raise click.UsageError(
            f"the address {url!r} must begin with http:// or https://. Did you mean http://{rest}?"
        )
    if not parts.hostname:
        raise click.UsageError(f"the address {url!r} has no host")
    return url.rstrip("/")


def find_key(url: str, key_file: Path | None) -> Key:
    """Find the API key for a service.

    Raises:
        UsageError: There is none, or it is no key.
    """
    key = _find_key(url, key_file)
    # The errors of the HTTP library would show it.
    if not re.fullmatch(r"[!-~]+", key.secret):
        raise click.UsageError(
            f"{key.source} holds no API key: a key is one line of printable ASCII without spaces"
        )
    return key


def _find_key(url: str, key_file: Path | None) -> Key:
    if key_file is not None:
        return Key(key_file.read_text(errors="replace").strip(), f"the file {key_file}")
    if key := os.environ.get(API_KEY):
        return Key(key.strip(), f"the variable {API_KEY}")
    local = Path(os.environ.get(DATA_DIR) or ".minilab").expanduser() / "admin_key"
    if not local.is_file():
        raise click.UsageError(_KEY_WANTED)
    # The admin key of this machine is never sent to another one.
    if not _is_this_machine(url):
        raise click.UsageError(f"{_KEY_WANTED} The key in {local} is for this machine only.")
    return Key(local.read_text().strip(), f"{local}, the admin key of `make run`")


def unreachable(url: str, error: BaseException) -> UnreachableError:
    """Say why a service could not be reached, and what to try."""
    reason = str(error) or type(error).__name__
    return UnreachableError(f"{url} cannot be reached: {reason}.\n{_advice(url, reason)}")


def not_a_service(url: str, found: str) -> UnreachableError:
    """Say that something else than Minilab answers at an address."""
    return UnreachableError(f"{url} is not a Minilab service: it {found}. Check --url and {URL}.")


def _advice(url: str, reason: str) -> str:
    if "WRONG_VERSION_NUMBER" in reason or "record layer failure" in reason:
        return f"It speaks HTTP without TLS. Use {url.replace('https://', 'http://', 1)}."
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return "Its certificate is not trusted. SSL_CERT_FILE names a file of trusted ones."
    if "timed out" in reason or "Timeout" in reason:
        return "It did not answer in time. Try again later."
    if "disconnected without" in reason and url.startswith("http://"):
        return f"If it speaks TLS, use {url.replace('http://', 'https://', 1)}."
    if _is_this_machine(url):
        return f"Start a service with `make run`, or name its address with --url or {URL}."
    return f"Check the address (--url or {URL}), and that the service runs."


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
