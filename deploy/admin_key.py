"""Generates a key once, into a file that only its owner can read; no key is ever a default.

``python -m deploy.admin_key FILE… [--passwords FILE…]`` does so for containers, in a service that
runs once before the others: the admin key, the key that encrypts webhook secrets, and the passwords
of MongoDB and Redis.
"""

import argparse
import os
import secrets
from pathlib import Path

MIN_ADMIN_KEY_CHARACTERS = 32
PASSWORD_PREFIX = "MinilabStore"  # noqa: S105 -- where it is written by mistake, it is found by this
_KEY_BYTES = 32


def ensure_admin_key(file: Path) -> str:
    """Read the key, of 32 characters or more; its file is created with mode 600 if missing.

    Raises:
        ValueError: The file holds no usable key.
    """
    if not file.exists():
        write_private(file, secrets.token_urlsafe(_KEY_BYTES) + "\n")
    key = file.read_text().strip()
    if len(key) < MIN_ADMIN_KEY_CHARACTERS:
        raise ValueError(f"{file} holds no usable key; remove it, and a new one will be made")
    return key


def ensure_password(file: Path) -> str:
    """Read the password of a server; its file is created with mode 600 if missing.

    It has letters and digits only: mongod reads it as a keyFile, and no URL has to escape it.
    """
    if not (password := read_password(file)):
        password = PASSWORD_PREFIX + secrets.token_hex(_KEY_BYTES)
        write_private(file, password + "\n")
    return password


def read_password(file: Path) -> str:
    """Read the password of a server; empty if it has none."""
    return file.read_text().strip() if file.exists() else ""


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 600, replacing an older one in one step."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("keys", nargs="+", type=Path)
    parser.add_argument("--passwords", nargs="*", type=Path, default=[])
    named = parser.parse_args()
    for key in named.keys:
        ensure_admin_key(key)
    for password in named.passwords:
        ensure_password(password)
    print("keys and passwords are in", *named.keys, *named.passwords)
