"""`modelbourse ml examples …`: generate, show, download: synthetic rows that show what a recipe learns from."""

import csv
import io
from pathlib import Path
from typing import Annotated, Final

import typer

from modelbourse.answers.ml_development.examples import MlSyntheticExample
from modelbourse.cli.errors import CommandError
from modelbourse.cli.ml.given import DetachOption, RecipeId, TimeoutOption, waited
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_facts, print_json, print_table, save, say

cli = typer.Typer(help="Synthetic rows that show what a recipe learns from.", no_args_is_help=True)
ROWS_SHOWN: Final = 5


@cli.command()
def generate(
    recipe_id: RecipeId,
    *,
    rows: Annotated[int | None, typer.Option(help="How many.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed and data give the same rows.")] = None,
    fit_to: Annotated[
        str | None,
        typer.Option(help="What they are to be like: `shipped:<name>`, `dataset:<id>`, `file:<path>`; left out: the recipe's data."),
    ] = None,
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Have rows generated, and judged for likeness and privacy; wait for them, and show them."""
    client = open_client()
    found = client.ml.examples.generate(recipe_id, rows=rows, seed=seed, fit_to=fit_to)
    again = f"modelbourse ml examples show {recipe_id}"
    if detach:
        return print_json(found) if json_ else say(f"they are generated; show them: {again}")
    done = waited(client.ml.examples.wait, recipe_id, what="the generation", again=again, timeout=timeout)
    if done.generation is not None and done.generation.status in {"failed", "cancelled"}:
        message = f"no rows were generated: {done.generation.error or 'the job was cancelled'}"
        raise CommandError(message)
    return print_json(done) if json_ else _print(done)


@cli.command()
def show(recipe_id: RecipeId, *, json_: JsonOption = False) -> None:
    """Show a recipe's example: its first rows, how like the data they are, and how far from any row of theirs."""
    found = open_client().ml.examples.get(recipe_id)
    return print_json(found) if json_ else _print(found)


@cli.command()
def download(
    recipe_id: RecipeId,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the rows, as CSV.")] = Path("synthetic.csv"),
    json_: JsonOption = False,
) -> None:
    """Save the rows as CSV; they are of nothing that has happened."""
    rows = open_client().ml.examples.get(recipe_id).sample_rows_json
    if not rows:
        message = f"there are no rows yet\n→ how it stands: modelbourse ml examples show {recipe_id}"
        raise CommandError(message)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return save(text.getvalue().encode(), output, json_=json_)


def _print(example: MlSyntheticExample) -> None:
    fit, fidelity, privacy, job = example.fit, example.fidelity, example.privacy, example.generation
    print_facts(
        [
            ("id", example.id),
            ("recipe", f"{example.recipe_id}, version {example.recipe_version_id}"),
            ("rows", f"{example.rows}, SYNTHETIC ({example.source})"),
            ("status", example.status),
            ("newest job", None if job is None else f"{job.job_id} is {job.status}, {job.progress} %"),
            ("why", job and job.error),
            ("fitted to", fit and f"{fit.source}, {fit.fitted} rows; {fit.held_out} held out"),
            ("told from real (AUC)", None if fidelity is None else fidelity.domain_classifier_auc),
            ("correlations differ by", None if fidelity is None else fidelity.correlation_difference_mean),
            ("copies", None if privacy is None else f"{privacy.copies:.2%}, of held-out rows {privacy.copies_held_out:.2%}"),
            ("median distance, ratio", None if privacy is None else privacy.median_ratio),
            ("made", example.created_at),
        ]
    )
    rows = example.sample_rows_json
    if rows:
        columns = list(rows[0])
        left = len(rows) - ROWS_SHOWN
        more = f"… {left} more: modelbourse ml examples download {example.recipe_id}" if left > 0 else None
        print_table(columns, [[row.get(name) for name in columns] for row in rows[:ROWS_SHOWN]], caption=more)
    for note in example.notes:
        say(f"note: {note}")
