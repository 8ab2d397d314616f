"""What `modelbourse market publish` asks when no newer candles of a model's symbols come."""

import sys
from typing import Final

import typer

from modelbourse.cli.errors import CommandError
from modelbourse.cli.showing import tell
from modelbourse.errors import InvalidRequestError

ACKNOWLEDGED: Final = "acknowledge_static_data"


def acknowledge(refusal: InvalidRequestError) -> None:
    """Show why publishing was refused, and go on only if the answer is to publish all the same.

    Raise the refusal where it is about something else, or where there is no terminal to ask in; CommandError when the answer is no.
    """
    if set(refusal.details) != {ACKNOWLEDGED} or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise refusal
    tell(" ".join(refusal.details[ACKNOWLEDGED]))
    if not typer.confirm("Publish it all the same?", err=True):
        msg = "nothing was published"
        raise CommandError(msg)
