"""Collects errors of several fields of a request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from domain.errors.requests import InvalidValue


class Faults:
    """Collects what is wrong with the fields of a request, so that it is told all at once.

    Args:
        known: What was found before, by the names of the fields.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._errors = {
            name: InvalidValue(f"{name}: {fault}") for name, fault in (known or {}).items()
        }

    @contextmanager
    def of(self, field: str | None) -> Iterator[None]:
        """Keep what is raised about a field; None: about those that the error names."""
        try:
            yield
        except InvalidValue as error:
            if field is None and len(error.faults) > 1:
                for name, fault in error.faults.items():
                    self._errors.setdefault(name, InvalidValue(f"{name}: {fault}"))
            else:
                name = next(iter(error.faults), "") if field is None else field
                self._errors.setdefault(name, error)

    def check(self) -> None:
        """Raise what was found.

        Raises:
            InvalidValue: The first error, with what is wrong with each field.
        """
        for first in self._errors.values():
            faults = {
                field: without_name(field, error.detail) for field, error in self._errors.items()
            }
            detail = first.detail if len(faults) == 1 else list_faults(faults)
            raise type(first)(detail, faults=faults)


def list_faults(faults: Mapping[str, str]) -> str:
    """Write faults, by the names of their fields, as one text for people."""
    return "; ".join(f"{field}: {fault}" for field, fault in faults.items())


def without_name(field: str, detail: str) -> str:
    """Remove the name of a field from the beginning of a detail that is shown beside it."""
    return detail.removeprefix(f"{field}: ").removeprefix(f"{field} ")
