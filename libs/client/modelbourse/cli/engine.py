"""`modelbourse engine …`: what AI Engine has, a group of commands for each of its nouns."""

import typer

from modelbourse.cli import (
    engine_agents,
    engine_envs,
    engine_experiments,
    engine_importance,
    engine_jobs,
    engine_models,
    engine_predictions,
    engine_registry,
    engine_tuning,
)

cli = typer.Typer(
    help="AI Engine: models, predictions, agents, experiments, the registry, tuning; each has commands of its own.", no_args_is_help=True
)
cli.add_typer(engine_models.cli, name="models")
cli.add_typer(engine_experiments.cli, name="experiments")
cli.add_typer(engine_tuning.cli, name="tune")
cli.add_typer(engine_importance.cli, name="importance")
cli.add_typer(engine_jobs.cli, name="jobs")
cli.add_typer(engine_registry.cli, name="registry")
cli.add_typer(engine_envs.cli, name="envs")
cli.add_typer(engine_agents.cli, name="agents")
cli.add_typer(engine_predictions.cli, name="predictions")
