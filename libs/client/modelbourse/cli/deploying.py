"""`modelbourse deploy`: let what a training has made answer for its symbol and timeframe."""

from typing import Annotated

import typer

from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, say


def deploy(
    job_id: Annotated[str, typer.Argument(metavar="TRAINING", help="A training's readable id, or its task's id.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Also below an accuracy of 0.60.")] = False,
    stand_by: Annotated[bool, typer.Option("--stand-by", help="Do not let it answer yet.")] = False,
    notes: Annotated[str | None, typer.Option("--notes", "-m", help="What you want to say of it.")] = None,
    json_: JsonOption = False,
) -> None:
    """Let what a training has made answer for its symbol and timeframe (admins); what answered before is archived."""
    done = open_client().trainings.deploy(job_id, force=force, activate=not stand_by, notes=notes)
    if json_:
        return print_json(done)
    before = f"; before it was {done.previous_model}" if done.previous_model else ""
    return say(f"{done.model_id} {'answers now' if done.is_active else 'stands by'}{before}")
