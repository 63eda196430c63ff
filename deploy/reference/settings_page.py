"""docs/settings.md: every environment variable of the service."""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

import api.settings
import tasks.delivery.settings
import tasks.settings
from deploy.local_settings import LocalSettings
from deploy.reference.fields import Setting, settings_of, shown_default

PROCESSES: dict[str, type[msgspec.Struct]] = {
    "API": api.settings.Settings,
    "worker": tasks.settings.Settings,
    "deliverer": tasks.delivery.settings.Settings,
}
INTRODUCTION = """\
# Settings

<!-- Written by `make reference` from the code. -->

The service reads its settings from environment variables, once, at its start. An empty variable
counts as not set. A process that finds mistakes lists all of them and exits with code 2. `make run`
checks the settings of all processes before it starts anything.

The processes are `python -m api`, `python -m tasks` (the worker) and `python -m tasks.delivery`
(the deliverer); each can run any number of times. Settings that several kinds of processes read
must have the same value in all of them.

- `make run` starts a MongoDB and a Redis, and generates the admin key and the secret key, where the
  variables are not set. compose.yaml generates both keys, too.
- `MINILAB_TRACING` needs `pip install 'minilab[tracing]'`.
- A tenant is the user of a client key, a service key, or an upload link. Admin keys have no
  tenant's limits.
- [limits.md](limits.md) lists the limits, and what happens beyond each.
- The command line has [variables of its own](cli.md).
"""
ENDING = """
## Containers and tests

| variable | default | meaning |
|---|---|---|
| `MINILAB_BIND` | `127.0.0.1` | compose.yaml: host address of the published port |
| `MINILAB_TEST_DATA` | | tests: folder of real pictures |
"""
TABLE = """
## {title}

| variable | default | unit | allowed | meaning |
|---|---|---|---|---|
"""


def settings_page() -> str:
    """Write the page: a table for each set of processes that read the same variables."""
    readers: dict[str, list[str]] = defaultdict(list)
    known: dict[str, Setting] = {}
    for process, name, setting in _read_by_processes():
        known.setdefault(name, setting)
        if process not in readers[name]:
            readers[name].append(process)
    for setting in settings_of(LocalSettings):
        if setting.name not in known:
            known[setting.name] = setting
            readers[setting.name].append("`make run`")
    tables: dict[str, list[Setting]] = defaultdict(list)
    for name, setting in known.items():
        tables[_title(readers[name])].append(setting)
    widest_first = sorted(tables, key=lambda title: -len(readers[tables[title][0].name]))
    return INTRODUCTION + "".join(_table(title, tables[title]) for title in widest_first) + ENDING


def _read_by_processes() -> Iterator[tuple[str, str, Setting]]:
    for process, settings in PROCESSES.items():
        for part in msgspec.structs.fields(settings):
            for setting in settings_of(part.type):
                yield process, setting.name, setting


def _title(processes: list[str]) -> str:
    *others, last = processes
    title = f"{', '.join(others)} and {last}" if others else last
    return title[0].upper() + title[1:]


def _table(title: str, settings: list[Setting]) -> str:
    rows = (
        f"| `{setting.variable}` | {shown_default(setting)} | {setting.unit} | {setting.allowed} "
        f"| {setting.meaning} |\n"
        for setting in settings
    )
    return TABLE.format(title=title) + "".join(rows)
