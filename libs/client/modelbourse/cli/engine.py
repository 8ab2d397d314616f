"""`modelbourse engine …`: what AI Engine has, a group of commands for each of its nouns."""

import typer

from modelbourse.cli import engine_agents, engine_envs, engine_importance, engine_models, engine_registry

cli = typer.Typer(help="AI Engine: models, predictions, agents, experiments, the registry, tuning.", no_args_is_help=True)
cli.add_typer(engine_models.cli, name="models")
cli.add_typer(engine_importance.cli, name="importance")
cli.add_typer(engine_registry.cli, name="registry")
cli.add_typer(engine_envs.cli, name="envs")
cli.add_typer(engine_agents.cli, name="agents")
