"""Python client of a Modelbourse gateway, blocking (`Modelbourse`) and awaited (`AsyncModelbourse`); see docs/guides/client-and-cli.md.

What is imported from here is loaded when it is asked for: who needs the answers' models alone, or a command's `--help`, pays for no more.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelbourse.async_modelbourse import AsyncJob, AsyncModelbourse
    from modelbourse.engine.errors import EngineJobCancelledError, EngineJobEndedError, EngineJobFailedError
    from modelbourse.errors import (
        AuthenticationError,
        ConflictError,
        CutOffError,
        InvalidRequestError,
        ModelbourseError,
        NotConnectedError,
        NotFoundError,
        NotInTimeError,
        NotLoggedInError,
        PandasMissingError,
        PaymentError,
        PermissionDeniedError,
        RateLimitedError,
        RefusedError,
        ServerError,
        TooLargeError,
        UnavailableError,
        UnreadableAnswerError,
        UnsendableError,
        UnsupportedError,
        WebSocketsMissingError,
    )
    from modelbourse.errors_datasets import DatasetRefusedError
    from modelbourse.errors_jobs import ComputeLimitError, JobEndedError, TrainingCancelledError, TrainingFailedError, WaitTimeoutError
    from modelbourse.gateway import Retries
    from modelbourse.modelbourse import Job, Modelbourse
    from modelbourse.trading_ai.errors import BacktestFailedError

__all__ = [
    "AsyncJob",
    "AsyncModelbourse",
    "AuthenticationError",
    "BacktestFailedError",
    "ComputeLimitError",
    "ConflictError",
    "CutOffError",
    "DatasetRefusedError",
    "EngineJobCancelledError",
    "EngineJobEndedError",
    "EngineJobFailedError",
    "InvalidRequestError",
    "Job",
    "JobEndedError",
    "Modelbourse",
    "ModelbourseError",
    "NotConnectedError",
    "NotFoundError",
    "NotInTimeError",
    "NotLoggedInError",
    "PandasMissingError",
    "PaymentError",
    "PermissionDeniedError",
    "RateLimitedError",
    "RefusedError",
    "Retries",
    "ServerError",
    "TooLargeError",
    "TrainingCancelledError",
    "TrainingFailedError",
    "UnavailableError",
    "UnreadableAnswerError",
    "UnsendableError",
    "UnsupportedError",
    "WaitTimeoutError",
    "WebSocketsMissingError",
]

# Where each of them is defined; the rest are in errors.py.
_MODULES = {
    "AsyncJob": "async_modelbourse",
    "AsyncModelbourse": "async_modelbourse",
    "BacktestFailedError": "trading_ai.errors",
    "ComputeLimitError": "errors_jobs",
    "DatasetRefusedError": "errors_datasets",
    "EngineJobCancelledError": "engine.errors",
    "EngineJobEndedError": "engine.errors",
    "EngineJobFailedError": "engine.errors",
    "Job": "modelbourse",
    "JobEndedError": "errors_jobs",
    "Modelbourse": "modelbourse",
    "Retries": "gateway",
    "TrainingCancelledError": "errors_jobs",
    "TrainingFailedError": "errors_jobs",
    "WaitTimeoutError": "errors_jobs",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'errors')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
