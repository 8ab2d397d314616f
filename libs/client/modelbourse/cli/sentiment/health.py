"""`sentiment-health`: whether Model Builder works, and what it stands on."""

from typing import Annotated

import typer

from modelbourse.cli.sentiment.given import FormatOption, json_wanted, open_builder
from modelbourse.cli.showing import print_facts, print_json, say


def health(
    *,
    mlflow: Annotated[bool, typer.Option("--mlflow", help="Is MLflow connected? Exit status 1 when not.")] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="Is there a GPU to train on? Exit status 1 when not.")] = False,
    format_: FormatOption = "table",
) -> None:
    """Say whether Model Builder works: exit status 1 when it is unhealthy.

    sentiment-health --mlflow --gpu
    """
    client = open_builder()
    found = client.builder.health.get()
    parts = {name: getattr(found.dependencies, name) for name, wanted in (("mlflow", mlflow), ("gpu", gpu)) if wanted}
    if json_wanted(format_):
        print_json(found)
    elif parts:
        for name, word in parts.items():
            say(f"{name}: {word or found.reasons.get(f'dependencies.{name}') or found.reasons.get(name) or 'not known'}")
    else:
        status = client.builder.health.status()
        dependencies = [(name, word or found.reasons.get(name)) for name, word in found.dependencies.as_json().items()]
        print_facts([("status", found.status), *dependencies, ("uptime", status.uptime), ("memory", status.memory_usage)])
    bad = found.status == "unhealthy" or any(word not in {"connected", "available"} for word in parts.values())
    if bad:
        raise SystemExit(1)
