"""`--local`: the same work on this machine, by the platform's package where it is installed."""

import importlib.metadata
from typing import Final, NoReturn

from modelbourse.cli.errors import CommandError

GROUP: Final = "modelbourse.local"
MISSING: Final = (
    "--local needs the platform's package on this machine: in a checkout of it `make setup`, then run the command with its "
    "environment; without --local a platform does the work (MODEL_BUILDER_URL)"
)
INSTEAD: Final = {
    "detach": "this process does the work, and ends with it",
    "format_json": "what was measured is in metrics.json of the --output",
    "json": "what was compared is in validation_report.json of the --output",
}


def run_local(work: str, *arguments: str) -> NoReturn:
    """Do a piece of work here.

    Raise CommandError where nothing is installed that could do it; what goes wrong there is the exit status.
    """
    found = next(iter(importlib.metadata.entry_points(group=GROUP, name=work)), None)
    if found is None:
        raise CommandError(MISSING)
    try:
        main = found.load()
    except ImportError as error:
        msg = f"{MISSING} ({error})"
        raise CommandError(msg) from error
    raise SystemExit(main(list(arguments)))


def refuse_here(**given: bool) -> None:
    """Raise CommandError for an option that is given and means nothing on this machine: a script would wait for what never comes."""
    for name, is_given in given.items():
        if is_given:
            msg = f"--{name.replace('_', ' ')} cannot be had with --local: {INSTEAD[name]}"
            raise CommandError(msg, status=2)


def options(**given: object) -> list[str]:
    """Return options as arguments: `resume_from="x"` is `--resume-from x`; None and False are left out, True is a flag."""
    arguments: list[str] = []
    for name, value in given.items():
        if value is None or value is False:
            continue
        arguments.append(f"--{name.replace('_', '-')}")
        if value is not True:
            arguments.append(str(value))
    return arguments
