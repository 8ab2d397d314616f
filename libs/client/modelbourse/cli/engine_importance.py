"""`modelbourse engine importance …`: measure, show."""

from typing import Annotated

import typer

from modelbourse.cli.finding import DATASET
from modelbourse.cli.given import EngineModelId
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, print_table, say

cli = typer.Typer(help="What the features of a model are worth to it.", no_args_is_help=True)


@cli.command()
def measure(
    model_id: EngineModelId,
    *,
    dataset: Annotated[str, typer.Option(help="On whose rows: a dataset's id, its beginning, or its name."), DATASET],
    method: Annotated[str, typer.Option(help="shap, permutation, gain or drop_column.")] = "shap",
    samples: Annotated[int, typer.Option(help="How many rows.")] = 1000,
    json_: JsonOption = False,
) -> None:
    """Queue a measurement; `show` shows it when its job has ended."""
    queued = open_client().engine.importance.calculate(model_id, dataset_id=dataset, method=method, num_samples=samples)
    if json_:
        return print_json(queued)
    return say(f"queued {queued.job_id}; when it has ended: modelbourse engine importance show {model_id}")


@cli.command()
def show(model_id: EngineModelId, *, json_: JsonOption = False) -> None:
    """Show what was measured last, the most important feature first."""
    found = open_client().engine.importance.get(model_id)
    if json_:
        return print_json(found)
    rows = [
        (each.rank, each.feature, f"{each.importance:.1%}", each.worth, each.standard_error, each.group)
        for each in found.feature_importance
    ]
    steady = "unknown" if found.stability is None else f"{found.stability:.2f}"
    title = f"{found.method} over {found.rows} rows of {found.dataset_id}, version {found.version}; order steady to {steady}"
    return print_table(("rank", "feature", "share", "worth", "error", "group"), rows, title=title, drop=("group", "error"))
