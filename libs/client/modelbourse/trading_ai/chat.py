"""Questions about the platform, answered from its own pages."""

from typing import Final

from modelbourse.answers.trading_ai.chat import ChatAnswer, ChatCleared, ChatSuggestions
from modelbourse.asking import ask_for, given
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps

CHAT: Final = "/api/chat/project"
TIMEOUT_S: Final = 120.0


def ask_project(gateway: Gateway, message: str, *, conversation_id: str | None = None) -> Steps[ChatAnswer]:
    """Ask about the platform: in an LLM's words where there is one, each citation checked, else the best passages."""
    body = given(message=message, conversation_id=conversation_id)
    return ask_for(gateway, ChatAnswer, "POST", CHAT, body=body, timeout=TIMEOUT_S)


def suggest_questions(gateway: Gateway) -> Steps[ChatSuggestions]:
    """Return questions that the pages answer."""
    return ask_for(gateway, ChatSuggestions, "GET", f"{CHAT}/suggestions")


def clear_conversations(gateway: Gateway, *, conversation_id: str | None = None) -> Steps[ChatCleared]:
    """Remove your conversations, or one of them."""
    return ask_for(gateway, ChatCleared, "POST", f"{CHAT}/clear", body=given(conversation_id=conversation_id))
