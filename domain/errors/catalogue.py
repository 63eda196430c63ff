"""The list of all errors."""

from domain.errors import access, capacity, files, requests
from domain.errors.base import ServiceError

ERRORS: tuple[type[ServiceError], ...] = (
    ServiceError,
    *(
        kind
        for module in (requests, access, files, capacity)
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__
    ),
)
"""Every class, the base first; codes are unique."""
