"""The base of every expected failure.

A class has a stable ``code`` and a public ``title``; an instance may add a ``detail`` for the
client. Nothing here knows HTTP: ``api/http/errors.py`` maps classes to statuses.
"""

from typing import ClassVar


class ServiceError(Exception):
    """Base of all expected failures.

    Args:
        detail: One sentence for whoever asked, saying what to do; no secrets, no paths.
    """

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
