"""What every command that spends money does: it says how much, asks first, and says how to ask again without paying twice."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Final

import typer

from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import lines_of
from modelbourse.cli.showing import tell
from modelbourse.errors import NotConnectedError, NotInTimeError, RefusedError, ServerError, UnavailableError
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


def in_currency(amount: object, client: Modelbourse) -> str:
    """Return an amount as it is shown, `12.00 USD`; where the currency cannot be asked for now, with the reason."""
    try:
        return f"{amount} {client.credits.prices().currency}"
    except (RefusedError, NotConnectedError) as error:
        return f"{amount} (its currency is unknown: {error})"


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
