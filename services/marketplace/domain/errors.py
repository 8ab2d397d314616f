"""What the marketplace refuses."""

from decimal import Decimal

from libs.chassis.errors import ErrorKind, PlatformError


class InsufficientCreditsError(PlatformError):
    """An account has fewer compute hours left than a job needs."""

    kind = ErrorKind.UNPAID
    code = "insufficient_credits"

    def __init__(self, *, needed: Decimal, available: Decimal, tier: str) -> None:
        super().__init__(
            f"Not enough compute credits: the job needs {needed.normalize():f} hours, {available.normalize():f} are left this month "
            f"on tier '{tier}'"
        )


class ReservationClosedError(PlatformError):
    """A job's reservation was settled or released; the same job cannot reserve again."""

    kind = ErrorKind.CONFLICT
    code = "reservation_closed"


class BooksChangedError(PlatformError):
    """Another writer was faster; read again and try again."""

    kind = ErrorKind.CONFLICT
    code = "books_changed"
    worth_retrying = True
