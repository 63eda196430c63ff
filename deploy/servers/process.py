"""A server process that ends with this one, and can be stopped, killed, frozen and restarted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

_DIE_WITH_PARENT = str(Path(__file__).with_name("die_with_parent.py"))
_POLL_SECONDS = 0.02
_MAX_LOG_BYTES = 8 * 1024 * 1024


class ServerError(Exception):
    """A server is missing, does not start or is not ready; the message says what to do."""


class RunningProcess(Protocol):
    """The part of :class:`subprocess.Popen` that is used of a started process."""

    @property
    def pid(self) -> int:
        """Process ID."""

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None before the end."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, at most `timeout` seconds, and return the exit code."""

    def send_signal(self, sig: int, /) -> None:
        """Send a signal to the process if it has not ended."""


class ServerProcess:
    """One server of this machine, which ends with this process and can be started again.

    It runs in a session of its own: a Ctrl-C in the terminal does not reach it. The kernel ties it
    to the *thread* that starts it: call ``spawn`` and ``start`` from a thread that outlives the
    server (the main thread), ``wait_ready`` from any.

    Args:
        is_ready: Tries once whether the server is ready; never raises for "not yet".
        output: File for its output (appended, rotated at a start if it is large), or an open file
            descriptor.
        environment: Its environment; None: that of this process.
        at_parents_end: The signal that it gets when this process has ended.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        is_ready: Callable[[], bool],
        url: str,
        output: Path | int,
        environment: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
        at_parents_end: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self.url = url
        self._is_ready = is_ready
        self._output = output
        self._environment = environment
        self._keep_open = tuple(keep_open)
        self._at_parents_end = at_parents_end
        self._process: RunningProcess | None = None

    @property
    def pid(self) -> int:
        """Process ID of the last run.

        Raises:
            ServerError: The server was never started.
        """
        if self._process is None:
            raise ServerError(f"{self.name} was not started")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code of the last run, negative for a signal; None before its end."""
        return None if self._process is None else self._process.poll()

    @property
    def is_running(self) -> bool:
        """Whether the process exists, even if it is frozen or not ready."""
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Start the process if it is not running, and return at once.

        Raises:
            ServerError: The program cannot be started.
        """
        if self.is_running:
            return
        output = self._open_output()
        try:
            self._process = self._launch(output)
        except OSError as error:
            raise ServerError(f"{self.name} cannot be started: {error}") from error
        finally:
            if isinstance(self._output, Path):
                os.close(output)

    def wait_ready(self, timeout_seconds: float = 60) -> None:
        """Wait until the server is ready.

        Raises:
            ServerError: It ended, or was not ready in time; the message has the end of its log.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self._is_ready():
            if not self.is_running:
                raise ServerError(f"{self.name} ended with {self.exit_code}{self._log_end()}")
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.name} was not ready in {timeout_seconds:g} s{self._log_end()}"
                )
            time.sleep(_POLL_SECONDS)

    def start(self, timeout_seconds: float = 60) -> None:
        """Start the server, on the same port and data as before, and wait until it is ready."""
        self.spawn()
        self.wait_ready(timeout_seconds)

    def terminate(self) -> None:
        """Send SIGTERM, even to a frozen server, and return at once."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def stop(self, grace_seconds: float = 20) -> None:
        """Stop the server; kill it if that takes longer than the grace."""
        self.terminate()
        if not self.wait_ended(grace_seconds):
            self.kill()

    def kill(self) -> None:
        """Kill the server and wait for its end."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def wait_ended(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the end of the process, without a limit if None; False if that takes longer."""
        try:
            if self._process is not None:
                self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def freeze(self) -> None:
        """Freeze the server: its connections stay open and it does not answer."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue a frozen server."""
        self._signal(signal.SIGCONT)

    def _launch(self, output: int) -> RunningProcess:
        launcher = [sys.executable, "-I", "-S", "-B", _DIE_WITH_PARENT]
        tie = [str(os.getpid()), str(self._at_parents_end.value)]
        return subprocess.Popen(
            [*launcher, *tie, *self.command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=self._environment,
            pass_fds=self._keep_open,
            start_new_session=True,
        )

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _open_output(self) -> int:
        if isinstance(self._output, int):
            return self._output
        if self._output.exists() and self._output.stat().st_size > _MAX_LOG_BYTES:
            self._output.replace(self._output.with_suffix(".1.log"))
        return os.open(self._output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _log_end(self) -> str:
        if isinstance(self._output, int):
            return ""
        lines = self._output.read_text(errors="replace").splitlines()[-5:]
        return f"; the end of {self._output}:\n" + "\n".join(lines)
