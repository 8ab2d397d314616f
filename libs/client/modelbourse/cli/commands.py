"""Which commands there are. Each is imported when it is run: all of them together take longer than most of them do."""

from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from modelbourse.command import importing


class Place(NamedTuple):
    """Where a command is defined, a group of commands (`cli`) or a function, and the line of help that it has there."""

    module: str
    name: str
    help: str


COMMANDS: Final = {
    "models": Place("models", "cli", "Models of yours."),
    "train": Place("training", "train", "Train a model, and wait until it has been: Ctrl-C leaves the training running."),
    "jobs": Place("training", "cli", "Trainings of yours."),
    "data": Place("data", "cli", "Data: yours, what the platform goes on fetching (live series), and what comes with it."),
    "predict": Place("predicting", "predict", "Predict symbols from their latest candles, or on every day from --start to --end."),
    "explain": Place(
        "predicting", "explain", "Explain predictions: SHAP values of each, and how much each feature matters over all of them."
    ),
    "analyze": Place(
        "analyzing",
        "analyze",
        "Analyse candles of yours: a signal, scores, levels and risk; without a file say where the platform's candles are heading.",
    ),
    "backtest": Place(
        "backtesting", "backtest", "Play a strategy on candles of the past, and show what came of it beside buying and holding."
    ),
    "sweep": Place(
        "backtesting",
        "sweep",
        "Play a strategy with every combination of parameters, and say whether the best stands on a plateau, and how likely it was luck.",
    ),
    "engine": Place(
        "engine", "cli", "AI Engine: models, predictions, agents, experiments, the registry, tuning; each has commands of its own."
    ),
    "ml": Place(
        "ml.group",
        "cli",
        "ML Development: recipes, their versions, runs and models, models in production, synthetic rows, an assistant.",
    ),
    "tasks": Place("tasks", "cli", "Work that takes long: trainings of networks, and backtests."),
    "deploy": Place(
        "deploying",
        "deploy",
        "Let what a training has made answer for its symbol and timeframe (admins); what answered before is archived.",
    ),
    "alerts": Place("alerts", "cli", "What needs a look: the platform's alerts, and yours."),
    "health": Place("alerts", "health", "Say how the platform is, part by part; exit status 1 when it is unhealthy."),
    "watch": Place(
        "watching",
        "watch",
        "Watch signals, jobs, alerts and the platform's health live, until Ctrl-C; in a pipe a line each, with --json a line of JSON.",
    ),
    "chat": Place("chatting", "chat", "Ask about the platform: it answers from its own pages, and says where each thing stands."),
    "mcp": Place(
        "serving_mcp",
        "mcp",
        "Serve models, jobs, predictions, explanations, backtests, datasets and recipes as MCP tools, until stdin ends.",
    ),
    "market": Place("market", "cli", "The marketplace."),
    "credits": Place("compute", "cli", "Compute hours."),
    "payments": Place("payments", "cli", "Receipts of what you have paid and were paid."),
    "webhooks": Place("webhooks", "cli", "Webhooks and their deliveries."),
    "keys": Place("keys", "cli", "API keys, for programs."),
    "catalogue": Place("catalogue", "cli", "Algorithms, features and symbols."),
    "login": Place("logging_in", "login", "Log in to a gateway and stay logged in for the commands that follow."),
    "logout": Place("logging_in", "logout", "End the login that is kept, and forget it."),
    "whoami": Place("logging_in", "whoami", "Say as whom, and at which gateway, commands are run."),
    "password": Place("password", "password", "Change your password: every other log-in ends, this one goes on."),
    "doctor": Place(
        "doctor", "doctor", "Say what this machine has and lacks to run a platform, and how servers of the environment are secured."
    ),
    "accounts": Place("accounts", "cli", "Accounts (admins)."),
    "dead": Place("dead", "cli", "Messages that could not be handled (admins)."),
    "admin": Place("admin", "cli", "For operators (admins)."),
}


class Commands(TyperGroup):
    """All commands: their names and lines of help at once, each itself when it is run, or completed, or asked for its own help."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=place.help) for name, place in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments begin with, and the arguments that are left."""
        name, _, left = super().resolve_command(ctx, args)
        return name, name and load(name), left


@cache
def load(name: str) -> Any:
    """Return a command of COMMANDS, ready to run."""
    with importing():
        from modelbourse.cli.finding import resolve_references  # noqa: PLC0415  # it imports what asks a gateway

        place = COMMANDS[name]
        found = getattr(import_module(f"modelbourse.cli.{place.module}"), place.name)
        alone = typer.Typer()
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=name)
        else:
            alone.command(name)(found)
        resolve_references(alone)
        return typer.main.get_group(alone).commands[name]
