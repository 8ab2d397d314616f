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


class IllegalMoveError(PlatformError):
    """A purchase cannot go from one state to another."""

    code = "illegal_move"

    def __init__(self, purchase_id: str, state: str, wanted: str) -> None:
        super().__init__(f"The purchase {purchase_id} is {state} and cannot become {wanted}")


class PurchaseNotFoundError(PlatformError):
    """There is no such purchase."""

    kind = ErrorKind.NOT_FOUND
    code = "purchase_not_found"

    def __init__(self, purchase_id: str) -> None:
        super().__init__(f"There is no purchase {purchase_id}")


class PurchaseDiffersError(PlatformError):
    """A transaction id came again with another account, hours or payment method."""

    kind = ErrorKind.CONFLICT
    code = "purchase_differs"

    def __init__(self, purchase_id: str) -> None:
        super().__init__(f"The purchase {purchase_id} was begun for another account, other hours or another payment method")
