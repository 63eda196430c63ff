"""Reader of settings: fills structs from the environment and reports all mistakes together."""

from collections.abc import Iterable, Mapping, MutableMapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar

import msgspec

PREFIX = "MINILAB_"
# Between the names of two processes' settings it is at most 0.87.
_LEAST_SIMILARITY = 0.88

PublicUrl = Annotated[str, msgspec.Meta(pattern=r"^\Z|^https?://[^\s?#]+\Z")]
"""Where clients reach the API, without query and fragment; empty if it is not set."""

SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class SettingsError(Exception):
    """Some variables cannot be used; the message has a line for each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("These settings cannot be used:\n  " + "\n  ".join(mistakes))
        self.mistakes = mistakes


class SettingsReader:
    """Fills settings from one environment and collects the mistakes.

    Read every struct first, then call :meth:`check`, which reports all mistakes together.

    Args:
        environ: The variables, as in ``os.environ``. An empty value counts as not set.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._mistakes: list[str] = []

    def read(self, kind: type[SettingsT]) -> SettingsT:
        """Fill one struct; its field ``max_bytes`` is the variable ``MINILAB_MAX_BYTES``.

        The result is only to be used once :meth:`check` has passed.
        """
        fields = msgspec.structs.fields(kind)
        values: dict[str, Any] = {field.name: None for field in fields if field.required}
        for field in fields:
            name = PREFIX + field.name.upper()
            if text := self._environ.get(name, "").strip():
                try:
                    values[field.name] = msgspec.convert(text, field.type, strict=False)
                except msgspec.ValidationError as error:
                    # The value itself stays out of the message: it may be a secret.
                    self._mistakes.append(f"{name}: {error}")
            elif field.required:
                self._mistakes.append(f"{name} is required")
        return kind(**values)

    def refuse(self, mistake: str) -> None:
        """Add a mistake in a combination of settings."""
        self._mistakes.append(mistake)

    def check(self) -> None:
        """Fail if there was a mistake.

        Raises:
            SettingsError: Lists every mistake.
        """
        if self._mistakes:
            raise SettingsError(self._mistakes)


def variables_of(kind: type[msgspec.Struct]) -> set[str]:
    """List the variables that fill a struct, or a struct of such structs."""
    names = set()
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            names |= variables_of(field.type)
        else:
            names.add(PREFIX + field.name.upper())
    return names


def find_misspelled(environ: Iterable[str], kind: type[msgspec.Struct]) -> dict[str, str]:
    """Find variables that are probably meant for a setting of a process, and that setting.

    Variables of other processes are not meant.
    """
    known = {name.removeprefix(PREFIX): name for name in variables_of(kind)}
    found = {}
    for name in environ:
        if name.startswith(PREFIX) and name not in known.values():
            short = name.removeprefix(PREFIX)
            for close in get_close_matches(short, known, n=1, cutoff=_LEAST_SIMILARITY):
                found[name] = known[close]
    return found


def forget_settings(environ: MutableMapping[str, str]) -> None:
    """Remove the settings, including secrets, from an environment that children inherit."""
    for name in [name for name in environ if name.startswith(PREFIX)]:
        del environ[name]
