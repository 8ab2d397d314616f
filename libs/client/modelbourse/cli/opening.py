"""How a command gets at the gateway, and what it says when that goes wrong."""

from collections.abc import Callable
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from modelbourse.errors import (
    PASSING,
    AuthenticationError,
    ConflictError,
    CutOffError,
    InvalidRequestError,
    NotConnectedError,
    NotFoundError,
    PaymentError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
    ServerError,
    TooLargeError,
)
from modelbourse.errors_jobs import ComputeLimitError, JobEndedError, WaitTimeoutError
from modelbourse.gateway import Retries
from modelbourse.modelbourse import Modelbourse

# Somebody sits before the terminal: rather told soon than tried long.
RETRIES: Final = Retries(attempts=4, first=0.3, most=2.0, patience=10.0)
# The first noun of a message counts: `The model has no version '2.0'.` is about versions.
LISTS: Final = {
    "its newest is": "modelbourse engine registry list NAME",
    "registered as": "modelbourse engine registry list",
    "recipe version not found": "modelbourse ml versions list RECIPE",
    "recipe not found": "modelbourse ml recipes list",
    "snapshot not found": "modelbourse ml monitor list MODEL",
    "task": "modelbourse tasks list",
    "backtest": "modelbourse tasks list --kind backtest",
    "alert": "modelbourse alerts list",
    "version": "modelbourse models show MODEL",
    "agent": "modelbourse engine agents list ENVIRONMENT",
    "environment": "modelbourse engine envs list",
    "experiment": "modelbourse engine experiments list",
    "model": "modelbourse models list",
    "dataset": "modelbourse data list",
    "job": "modelbourse jobs list",
    "webhook": "modelbourse webhooks list",
    "delivery": "modelbourse webhooks deliveries WEBHOOK",
    "key": "modelbourse keys list",
    "listing": "modelbourse market list",
    "subscription": "modelbourse market subscriptions",
    "account": "modelbourse admin accounts list",
    "dead letter": "modelbourse dead list",
    "run not found": "modelbourse ml runs list",
}


def open_client() -> Modelbourse:
    """Return a client of the environment's gateway, else of the last login's."""
    return Modelbourse(retries=RETRIES)


def tell_problem(error: Exception, *, program: str = "modelbourse") -> None:
    """Say on stderr what went wrong, and what to do next in the words of the program."""
    first, *rest = lines_of(error, program=program)
    console = Console(stderr=True, highlight=False)
    console.print(f"[red]✗[/] {escape(first)}", soft_wrap=True)
    for line in rest:
        console.print(f"  {escape(line)}", soft_wrap=True)


def lines_of(error: Exception, *, program: str = "modelbourse") -> list[str]:
    """Return what to say of an error: what is wrong, where, and what to do next."""
    if isinstance(error, OSError) and error.filename is None and error.strerror:
        return [f"the output cannot be written: {error.strerror}"]
    if not isinstance(error, RefusedError):
        return [*str(error).splitlines(), *next_step(error, program=program)]
    problems = [(field, problem) for field, each in error.details.items() for problem in each]
    fields = [f"  {field}: {problem}" for field, problem in problems if problem not in error.message]  # Not said twice.
    # Trading AI's errors have no code of their own.
    code = "" if error.code == f"HTTP_{error.status}" else f" ({error.code})"
    return [f"{error.message}{code}", *fields, *next_step(error, program=program)]


def next_step(error: Exception, *, program: str = "modelbourse") -> list[str]:
    """Say what to do next, if there is something to say."""
    advice = ADVICE
    if program.startswith("sentiment-"):
        from modelbourse.cli.sentiment import advice as own  # noqa: PLC0415  # only of these programs

        advice = (*own.ADVICE, *ADVICE)
    told = next((advise(error) for kind, advise in advice if isinstance(error, kind)), None)
    return [f"→ {told}"] if told else []


def _on_payment(error: Any) -> str | None:
    if "payment_method" in error.details:
        return "nothing was charged: try another --payment-method"
    return "see what is left with `modelbourse credits usage`; get more with `modelbourse credits purchase HOURS`"


def _on_invalid(error: Any) -> str | None:
    return "add --acknowledge-static-data to publish it all the same" if "acknowledge_static_data" in error.details else None


def _on_conflict(error: Any) -> str | None:
    return next((f"append to it: modelbourse data append {dataset_id} FILE" for dataset_id in error.details.get("dataset_id", ())), None)


def _on_compute_limit(error: Any) -> str:
    again = f"go on from there: `modelbourse train {error.job.model_id}`"
    return f"{again}; what is left: `modelbourse credits usage`, more: `modelbourse credits purchase HOURS`"


def _on_not_found(error: Any) -> str | None:
    return next((f"`{command}` shows yours" for noun, command in LISTS.items() if noun in error.message.lower()), None)


def _on_forbidden(error: Any) -> str | None:
    if error.code == "ACCOUNT_SUSPENDED":
        return None  # No credential of the account would do.
    if error.code == "SUBSCRIPTION_REQUIRED":
        # Of the account's tier; without details it is a subscription to somebody's model that is missing.
        return "see what each tier has with `modelbourse credits limits`" if error.details else None
    return "use a credential that may: `modelbourse login`, or an API key with the scope"


ON_CREDENTIALS: Final = "log in: `modelbourse login`, or set MODELBOURSE_TOKEN to a token or an API key"
# The first kind that fits advises.
ADVICE: Final[tuple[tuple[Any, Callable[[Any], str | None]], ...]] = (
    (NotConnectedError, lambda _: "start a gateway with `make up`, or set MODELBOURSE_URL"),
    (AuthenticationError, lambda _: ON_CREDENTIALS),
    (PaymentError, _on_payment),
    (InvalidRequestError, _on_invalid),
    (PermissionDeniedError, _on_forbidden),
    (ConflictError, _on_conflict),
    (NotFoundError, _on_not_found),
    (TooLargeError, lambda _: "see what each tier has with `modelbourse credits limits`"),
    (RateLimitedError, lambda error: f"try again in {error.retry_after or 1:.0f} s"),
    (PASSING, lambda _: "try again in a moment"),
    (ServerError, lambda error: f"tell whoever runs the gateway: request {error.request_id}"),
    (ComputeLimitError, _on_compute_limit),
    (JobEndedError, lambda error: f"`modelbourse jobs logs {error.job.id}` tells more"),
    (WaitTimeoutError, lambda error: f"wait on: modelbourse jobs wait {error.job.id}" if error.job else None),
    (CutOffError, lambda _: "ask again"),
)
