"""Why a payment was not taken or given back, or why nobody knows."""

from collections.abc import Iterable
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError
from libs.contracts.names import did_you_mean

SHOWN: Final = 60


class UnknownPaymentMethodError(InvalidError):
    """The payment provider does not know this method."""

    def __init__(self, method: str, *, known: Iterable[str]) -> None:
        names = list(known)
        problem = f"'{method[:SHOWN]}' is not a payment method; there are {', '.join(names)}.{did_you_mean(method, names)}"
        super().__init__("This cannot be paid for like this: see payment_method.", details={"payment_method": [problem]})


class PaymentDeclinedError(PlatformError, kind=ErrorKind.UNPAID):
    """The provider refused to charge; nothing was taken and nothing is owed."""

    def __init__(self, *, code: str, message: str) -> None:
        super().__init__(
            f"The payment was declined ({code}): nothing was charged and nothing was bought.",
            details={"payment_method": [f"{code}: {message}"]},
        )


class PaymentPendingError(PlatformError, kind=ErrorKind.TIMEOUT, worth_retrying=True):
    """The provider has not answered in time: nobody knows yet whether it has charged. The purchase goes on by itself."""

    def __init__(self, purchase_id: str) -> None:
        super().__init__(
            f"The payment provider has not answered in time. The purchase {purchase_id} is kept and goes on by itself; the same request "
            "with the same Idempotency-Key may be sent again and tells how it went: nothing is charged twice."
        )


class PaymentsAwayError(UnavailableError):
    """The provider cannot be reached: nothing was charged. A purchase that was begun goes on by itself."""

    def __init__(self, purchase_id: str) -> None:
        super().__init__(
            f"The payment provider cannot be reached, so nothing is charged yet. The purchase {purchase_id} is kept and goes on by itself; "
            "the same request with the same Idempotency-Key may be sent again and tells how it went: nothing is charged twice."
        )


class NoPaymentsError(PlatformError, kind=ErrorKind.UNAVAILABLE):
    """The platform has no payment provider."""

    def __init__(self) -> None:
        super().__init__("This platform takes no payments: it has no payment provider (MARKETPLACE_PAYMENTS).")


class PaymentKeyReusedError(PlatformError):
    """A charge's or refund's key came again with something else: a mistake of ours."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} was asked for with another amount, account, payment method or charge before")


class RefundRefusedError(PlatformError, kind=ErrorKind.CONFLICT):
    """There is no such charge, or less than this is left of it: nothing was given back."""

    def __init__(self, charge_id: str, *, reason: str) -> None:
        super().__init__(f"The charge {charge_id} cannot be refunded: {reason}")
