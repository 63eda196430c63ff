"""``python -m deploy.reference [--check]``: writes docs/settings.md and docs/limits.md."""

import sys
from pathlib import Path

from deploy.reference.limits_page import limits_page
from deploy.reference.settings_page import settings_page

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> int:
    """Write the pages, or compare them with the code; 1 if a committed page differs."""
    pages = {DOCS / "settings.md": settings_page(), DOCS / "limits.md": limits_page()}
    if "--check" not in sys.argv[1:]:
        for file, text in pages.items():
            file.write_text(text)
        return 0
    stale = [file for file, text in pages.items() if not file.exists() or file.read_text() != text]
    for file in stale:
        sys.stderr.write(f"docs/{file.name} differs from the code: run `make reference`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
