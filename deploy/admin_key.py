"""Generates a key once, into a file that only its owner can read; no key is ever a default.

``python -m deploy.admin_key FILE…`` does so for containers, in a service that runs once before the
API: one file for the admin key, one for the key that encrypts webhook secrets.
"""

import os
import secrets
import sys
from pathlib import Path

MIN_ADMIN_KEY_CHARACTERS = 32
_ADMIN_KEY_BYTES = 32


def ensure_admin_key(file: Path) -> str:
    """Read the key, of 32 characters or more; its file is created with mode 600 if missing.

    Raises:
        ValueError: The file holds no usable key.
    """
    if not file.exists():
        write_private(file, secrets.token_urlsafe(_ADMIN_KEY_BYTES) + "\n")
    key = file.read_text().strip()
    if len(key) < MIN_ADMIN_KEY_CHARACTERS:
        raise ValueError(f"{file} holds no usable key; remove it, and a new one will be made")
    return key


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 600, replacing an older one in one step."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        ensure_admin_key(Path(name))
        print(f"a key is in {name}")
