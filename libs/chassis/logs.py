"""Logs as JSON lines with trace and correlation ids, or as coloured lines for people; all libraries' logs included."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from libs.chassis.log_repeats import OnceAMinute
from libs.chassis.settings import SharedSettings
from libs.chassis.telemetry import traceparent

# structlog's own traceback shows local variables, passwords and tokens among them, and takes a tenth of a second to draw.
PLAIN: Final = structlog.dev.plain_traceback
if not structlog.is_configured():  # What is logged before `configure_logs`, or without it.
    *_before, _ = structlog.get_config()["processors"]
    structlog.configure(processors=[*_before, structlog.dev.ConsoleRenderer(exception_formatter=PLAIN)])


# A variable of our own: structlog looks through all that there are.
_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def log() -> FilteringBoundLogger:
    """Return the logger: `log().info("job accepted", job_id=…)`. Its lines go to stderr."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Put a correlation id, if there is one, on every line that is logged inside and every message that is sent from there."""
    if correlation_id is None:
        yield
        return
    token = _correlation.set(correlation_id)
    try:
        yield
    finally:
        _correlation.reset(token)


def correlate(correlation_id: str) -> None:
    """Do so from here on, in this task and in what it begins."""
    _correlation.set(correlation_id)


def correlation_id() -> str | None:
    """Return the id of the request that the running work goes back to, or None when it has none."""
    return _correlation.get()


def configure_logs(settings: SharedSettings, *, service: str, instance: str) -> None:
    """Send this process's logs, and those of the libraries it uses, to stderr in the chosen format."""
    level = logging.getLevelNamesMapping()[settings.log_level]

    def add_place(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        line["service"] = service
        line["instance"] = instance
        return line

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_correlation,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        add_place,
    ]
    ending: list[Processor]
    if settings.log_format == "json":
        ending = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_to_json)]
    else:
        ending = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=PLAIN)]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_over_library_logs(shared=shared, ending=ending, level=level)


def _take_over_library_logs(*, shared: list[Processor], ending: list[Processor], level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    handler.addFilter(OnceAMinute())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries tell of every reconnect at INFO; what is ours at that level is logged by `log()`.
    root.setLevel(max(level, logging.WARNING))


def _add_correlation(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    if correlation := _correlation.get():
        line.setdefault("correlation_id", correlation)
    return line


def _add_trace(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    if carried := traceparent():
        _, line["trace_id"], line["span_id"], _ = carried.split("-")
    return line


def _to_json(line: EventDict, **_: object) -> str:
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
