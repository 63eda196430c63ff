"""The log: one JSON object per line on standard error."""

import logging
import sys
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import structlog
from structlog.typing import Processor

from domain.settings import find_misspelled

LEVELS = logging.getLevelNamesMapping()


class LogSettings(msgspec.Struct, frozen=True):
    """The log.

    Attributes:
        log_level: Least severe level that is logged.
    """

    log_level: Literal["debug", "info", "warning", "error"] = "info"


def configure_logs(service: str, settings: LogSettings) -> None:
    """Configure logging for a process, its own and that of libraries.

    Every line has the field ``service``: ``api``, ``worker`` or ``deliverer``.
    """
    level = LEVELS[settings.log_level.upper()]
    complete: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*complete, _to_json],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *complete],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda *line: _to_json(*line).decode(),
            ],
        )
    )
    # Below warnings, the lines of libraries are of no use to operators.
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[libraries], force=True)


def report_misspelled(environ: Iterable[str], settings: type[msgspec.Struct]) -> None:
    """Log each variable that is probably a misspelled setting of this process."""
    for name, meant in find_misspelled(environ, settings).items():
        log = structlog.get_logger(__name__)
        log.warning("unknown_setting", variable=name, did_you_mean=meant)


def request_id() -> str | None:
    """Return the ID of the request that this task belongs to, if any."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


def _to_json(_logger: Any, _method: str, line: Any) -> bytes:
    return msgspec.json.encode(line, enc_hook=repr)
