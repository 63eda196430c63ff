"""The base class of expected failures.

A class has a stable ``code`` and a public ``title``; an instance may add a ``detail``. The domain
does not know HTTP: ``api/http/errors.py`` maps classes to statuses.
"""

from typing import ClassVar


class ServiceError(Exception):
    """Base of all expected failures.

    Args:
        detail: What happened and what to do, for the client; no secrets, no paths.
    """

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "An internal error occurred"

    def __init_subclass__(cls, *, code: str, title: str) -> None:
        super().__init_subclass__()
        cls.code = code
        cls.title = title

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
