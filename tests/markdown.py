"""Examples of the documentation, which tests run as they stand."""

import re
from pathlib import Path


def example(file: Path, language: str) -> str:
    """Give the first block of a language in a page of Markdown."""
    (code, *_) = examples(file, language)
    return code


def examples(file: Path, language: str) -> list[str]:
    """Give all blocks of a language in a page of Markdown."""
    return re.findall(rf"^```{language}\n(.*?)^```$", file.read_text(), re.DOTALL | re.MULTILINE)
