"""What can go wrong when one speaks to a gateway.

ModelbourseError
├─ NotConnectedError           no gateway answers
├─ NotLoggedInError            there is neither a token nor an API key
├─ UnsendableError             what cannot be sent: a number that is not finite, what is no id, no string
├─ RefusedError                the gateway answered with an error: code, message, details, status, request_id
│  ├─ InvalidRequestError      400; of AI Engine and ML Development 422
│  ├─ AuthenticationError      401
│  ├─ PaymentError             402
│  ├─ PermissionDeniedError    403
│  ├─ NotFoundError            404
│  ├─ ConflictError            409; with retry_after it passes: the same work is under way
│  ├─ TooLargeError            413
│  ├─ UnsupportedError         415
│  ├─ RateLimitedError         429
│  ├─ ServerError              500
│  ├─ UnavailableError         503
│  └─ NotInTimeError           504
├─ JobEndedError               a training that was waited for ended otherwise than well: job (errors_jobs.py)
│  ├─ TrainingFailedError
│  │  └─ ComputeLimitError     it has used up what it may use; the next training goes on from there
│  └─ TrainingCancelledError
├─ DatasetRefusedError         a dataset that was waited for cannot be used: dataset (errors_datasets.py)
├─ WaitTimeoutError            a training, or the check of a dataset, was not waited for any longer: job
├─ UnreadableAnswerError       the answer is not what a gateway answers
├─ CutOffError                 a stream ended before its end
├─ PandasMissingError          `.to_frame()` without pandas
└─ WebSocketsMissingError      watching live without websockets
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final


class ModelbourseError(Exception):
    """The first of all these errors; its text is a sentence."""


class NotConnectedError(ModelbourseError):
    """No gateway answers at `url`, or the connection broke."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"no gateway answers at {url} ({why or 'the connection broke'})")
        self.url = url


class NotLoggedInError(ModelbourseError):
    """There is neither a token nor an API key."""


class UnsendableError(ModelbourseError):
    """It cannot be sent: JSON has no NaN and no infinity, an address no such id, and what takes strings nothing else."""


class RefusedError(ModelbourseError):
    """The gateway answered with an error; `code` is for programs, `details` has messages by field.

    `failing` has the rules that a refused promotion fails: `metric`, `op`, `wanted`, `got`.
    """

    status_code: ClassVar[int | None] = None

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        details: Mapping[str, list[str]] | None = None,
        failing: list[dict[str, Any]] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code
        self.details: dict[str, list[str]] = dict(details or {})
        self.failing: list[dict[str, Any]] = list(failing or ())
        self.request_id, self.retry_after = request_id, retry_after

    def __str__(self) -> str:
        """Return the message, the details by field that it does not say itself, and the code."""
        told = [f"{field}: {' '.join(problems)}" for field, problems in self.details.items() if " ".join(problems) not in self.message]
        return " ".join([self.message, *told, f"({self.code})"])


class InvalidRequestError(RefusedError):
    """The request cannot be used: see `details`."""

    status_code = 400


class AuthenticationError(RefusedError):
    """The credential is unknown, expired or revoked."""

    status_code = 401


class PaymentError(RefusedError):
    """Credits or money are missing, or a payment was declined."""

    status_code = 402


class PermissionDeniedError(RefusedError):
    """The credential is not good for this."""

    status_code = 403


class NotFoundError(RefusedError):
    """There is no such thing, or it is somebody else's."""

    status_code = 404


class ConflictError(RefusedError):
    """It cannot be done as things stand."""

    status_code = 409


class TooLargeError(RefusedError):
    """The request's body is too large."""

    status_code = 413


class UnsupportedError(RefusedError):
    """The request's body is in a form that is not read."""

    status_code = 415


class RateLimitedError(RefusedError):
    """Too many requests; `retry_after` seconds from now there may be more."""

    status_code = 429


class ServerError(RefusedError):
    """Something went wrong on the platform's side."""

    status_code = 500


class UnavailableError(RefusedError):
    """A part of the platform is away for the moment."""

    status_code = 503


class NotInTimeError(RefusedError):
    """A part of the platform did not answer in time."""

    status_code = 504


class UnreadableAnswerError(ModelbourseError):
    """The answer is not what a gateway answers: another server is there, or one of another version."""

    def __init__(self, method: str, path: str, why: str) -> None:
        super().__init__(f"what answers {method} {path} is no gateway, or one of another version: {why}")


class CutOffError(ModelbourseError):
    """A stream of rows broke off before its summary: the rows so far are good, and not all."""


class PandasMissingError(ModelbourseError, ImportError):
    """`.to_frame()` needs pandas."""


class WebSocketsMissingError(ModelbourseError, ImportError):
    """Watching live needs websockets: `pip install 'modelbourse[live]'`."""


# What passes by itself: whoever waits for a training goes on through it.
PASSING: Final = (NotConnectedError, RateLimitedError, UnavailableError, NotInTimeError)
