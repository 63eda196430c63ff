"""Credentials of S3 from the file that Amazon's tools share.

Environment variables, web identities, the agents of pods and containers, and the metadata of a
machine are read by ``obstore`` itself. This file is what it lacks.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

import configparser
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import S3Credential

DEFAULT_FILE = "~/.aws/credentials"
# What comes before the file in the order of Amazon's tools.
BEFORE = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
READ_AGAIN = timedelta(minutes=5)


def shared_credentials(
    environ: Mapping[str, str] = os.environ,
) -> "Callable[[], S3Credential] | None":
    """Return what reads the credentials of the file; None if they come from elsewhere.

    The file is read again every five minutes, so that a changed one counts.
    """
    if any(environ.get(name) for name in BEFORE):
        return None
    file = Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or DEFAULT_FILE).expanduser()
    profile = environ.get("AWS_PROFILE") or "default"
    if _read(file, profile) is None:
        return None

    def read() -> "S3Credential":
        found = _read(file, profile)
        if found is None:
            raise ValueError(f"{file} has no keys of the profile {profile}")
        return found

    return read


def _read(file: Path, profile: str) -> "S3Credential | None":
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file, encoding="utf-8")
        section = parser[profile]
        return {
            "access_key_id": section["aws_access_key_id"],
            "secret_access_key": section["aws_secret_access_key"],
            "token": section.get("aws_session_token"),
            "expires_at": datetime.now(UTC) + READ_AGAIN,
        }
    except (KeyError, OSError, UnicodeError, configparser.Error):
        return None
