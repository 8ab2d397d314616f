"""What every command that spends money does: it says how much, asks first, and says how to ask again without paying twice."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Final

import typer

from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import lines_of
from modelbourse.cli.showing import tell
from modelbourse.errors import NotConnectedError, NotInTimeError, RefusedError, ServerError, UnavailableError, UnreadableAnswerError
from modelbourse.modelbourse import Modelbourse

MISSPELT: Final = 2
CENT: Final = Decimal("0.01")
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Pay without being asked; needed where there is no terminal.")]


def confirm_spending(price: Callable[[], str], *, yes: bool) -> None:
    """Say what is about to be paid and go on only if the answer is yes; `price` is asked for that sentence, unless `yes` was given before.

    Raise CommandError where there is no terminal to ask in (status 2) and when the answer is no (status 1).
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        msg = "this costs money, and there is no terminal to ask in: nothing was paid\n→ add --yes to pay without being asked"
        raise CommandError(msg, status=MISSPELT)
    tell(price())
    if not typer.confirm("Pay?", err=True):
        msg = "nothing was paid"
        raise CommandError(msg)


def amount_of(hours: float, *, price_per_hour: Decimal) -> Decimal:
    """Return what so many hours cost, rounded up to the cent."""
    return (Decimal(str(hours)) * price_per_hour).quantize(CENT, rounding=ROUND_CEILING)


@dataclass(slots=True)
class Amounts:
    """Shows amounts with their currency, `12.00 EUR`, which is asked for once, and only where an answer has not said it."""

    client: Modelbourse
    _currency: str | None = None

    def __call__(self, amount: object, currency: str | None = None) -> str | None:
        """Return an amount as it is shown, None of none; alone where its currency cannot be asked for now, which is said once."""
        return None if amount is None else f"{amount} {currency or self._asked()}".rstrip()

    def currency(self) -> str:
        """Return the currency, and remember it for the amounts that are shown later. Raise what asking for it raises."""
        if not self._currency:
            self._currency = self.client.credits.prices().currency
        return self._currency

    def _asked(self) -> str:
        if self._currency is None:
            try:
                return self.currency()
            except (RefusedError, NotConnectedError, UnreadableAnswerError) as error:
                tell(f"amounts are shown without their currency, which is unknown: {error}")
                self._currency = ""
        return self._currency


@contextmanager
def paying(key: str) -> Generator[None, None, None]:
    """Say, when a payment is not answered, how to ask again without paying twice."""
    try:
        yield
    except (NotConnectedError, UnavailableError, NotInTimeError, ServerError) as error:
        again = f"→ nobody knows whether it is paid; ask again and pay once: --idempotency-key {key}"
        raise CommandError("\n".join([lines_of(error)[0], again])) from error
    except KeyboardInterrupt:
        tell(f"→ nobody knows whether it is paid; ask again and pay once: --idempotency-key {key}")
        raise
