"""ML Development's assistant: a question, and its answer from facts."""

from collections.abc import Mapping
from typing import Any

from modelbourse.answers.ml_development.chat import MlChatAnswer
from modelbourse.asking import ask_for
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps


def ask(gateway: Gateway, message: str, *, recipe_id: str | None = None, context: Mapping[str, Any] | None = None) -> Steps[MlChatAnswer]:
    """Ask the assistant about recipes, runs and models: facts with sources, calls that may come next, perhaps a proposed manifest."""
    body = {"message": message, "context": dict(context or {}), "recipe_id": recipe_id}
    return ask_for(gateway, MlChatAnswer, "POST", "/api/ml-development/chat", body=body)
