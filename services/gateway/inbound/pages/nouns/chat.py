"""The assistant's page: one question, its answer with sources, and what to ask or call next."""

from typing import Any, Final

from services.gateway.inbound.pages.face import LIBRARY
from services.gateway.inbound.pages.nouns.recipes import ML
from services.gateway.inbound.pages.page import Action, Form, Page, Read, filled


def _question(form: Form) -> dict[str, Any]:
    return {**filled(form, "message", "recipe_id"), "context": filled(form, "model_id", "run_id")}


PAGES: Final = (
    Page(
        path=f"{LIBRARY}/chat",
        template="chat.html",
        title="Assistant",
        crumbs=((LIBRARY, "Model library"),),
        reads={"recipes": Read(f"{ML}/recipes", fixed={"limit": 200})},
        actions={"ask": Action("POST", f"{ML}/chat", _question, shows="answer")},
    ),
)
