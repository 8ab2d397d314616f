"""The contracts say who hears and answers what; the services do it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.contracts.job_kinds import JOB_EVENTS, TRAINING_EVENTS
from libs.contracts.topics import ASKS, EVENTS

SERVICES = Path(__file__).resolve().parents[2] / "services"


def bound(service: str, *verbs: str) -> set[str]:
    """Return the names of the messages to which the service binds a handler with these verbs (`facts.on`, `answers.to`)."""
    known = {message.__name__ for message in (*EVENTS, *ASKS)}
    trees = (ast.parse(path.read_text()) for path in (SERVICES / service).rglob("*.py"))
    return {name for tree in trees for name in bound_in(tree, verbs)} & known


def bound_in(tree: ast.Module, verbs: tuple[str, ...]) -> Iterator[str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    renamed = {alias.asname: alias.name for node in imports for alias in node.names if alias.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in verbs:
            yield from (renamed.get(argument.id, argument.id) for argument in node.args if isinstance(argument, ast.Name))
            # `facts.on(events.requested)`, for trainings and for jobs of other kinds.
            fields = [argument.attr for argument in node.args if isinstance(argument, ast.Attribute) and hasattr(JOB_EVENTS, argument.attr)]
            yield from (getattr(events, field).__name__ for field in fields for events in (TRAINING_EVENTS, JOB_EVENTS))


@pytest.mark.parametrize("service", ["gateway", "training", "inference", "marketplace", "monitoring"])
def test_a_service_hears_what_the_contracts_say(service: str) -> None:
    told = {event.__name__ for event, topic in EVENTS.items() if service in topic.consumers}

    assert bound(service, "on") == told


@pytest.mark.parametrize("service", ["gateway", "training", "inference", "marketplace", "monitoring"])
def test_a_service_answers_what_the_contracts_say(service: str) -> None:
    asked = {ask.__name__ for ask, topic in ASKS.items() if service in topic.consumers}

    assert bound(service, "to", "to_batch") == asked
