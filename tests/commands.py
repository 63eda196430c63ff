"""The commands that the service sends to MongoDB, where it runs in the process of the test."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import monitoring


class Commands(monitoring.CommandListener):
    """The commands that clients of this process send, as name and collection."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Note a command."""
        self.sent.append(f"{event.command_name} {event.command.get(event.command_name)}")

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Leave the answer."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Leave the failure."""


@contextmanager
def noted_commands() -> Iterator[Commands]:
    """Note the commands of all clients that are made while the context lasts."""
    noted = Commands()
    monitoring.register(noted)
    try:
        yield noted
    finally:
        monitoring._LISTENERS.command_listeners.remove(noted)
