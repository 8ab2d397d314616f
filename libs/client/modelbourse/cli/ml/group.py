"""`modelbourse ml …`: what ML Development has, a group of commands for each of its nouns."""

import typer

from modelbourse.cli.ml import asking, examples, models, monitor, predictions, recipes, runs, versions

cli = typer.Typer(
    help="ML Development: recipes, their versions, runs and models, models in production, synthetic rows, an assistant.",
    no_args_is_help=True,
)
cli.add_typer(recipes.cli, name="recipes")
cli.add_typer(versions.cli, name="versions")
cli.add_typer(models.cli, name="models")
cli.add_typer(runs.cli, name="runs")
cli.add_typer(predictions.cli, name="predictions")
cli.add_typer(monitor.cli, name="monitor")
cli.add_typer(examples.cli, name="examples")
cli.command("chat")(asking.chat)
