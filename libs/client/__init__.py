"""Python client of a Modelbourse gateway, blocking (`Modelbourse`) and awaited (`AsyncModelbourse`); see docs/guides/client-and-cli.md."""

from libs.client.async_modelbourse import AsyncJob, AsyncModelbourse
from libs.client.errors import (
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
    UnsupportedError,
)
from libs.client.errors_jobs import ComputeLimitError, JobEndedError, TrainingCancelledError, TrainingFailedError, WaitTimeoutError
from libs.client.gateway import Retries
from libs.client.modelbourse import Job, Modelbourse

__all__ = [
    "AsyncJob",
    "AsyncModelbourse",
    "AuthenticationError",
    "ComputeLimitError",
    "ConflictError",
    "CutOffError",
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
    "UnsupportedError",
    "WaitTimeoutError",
]
