"""ML Development's assistant: questions about recipes, runs and models, answered from facts of the platform; it changes nothing."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, StringConstraints, field_validator
from starlette.requests import Request

from libs.contracts.envelope import JsonObject
from libs.contracts.llm import QUESTION_MOST
from libs.contracts.recipes import FAMILIES
from modelbourse.answers.ml_development import chat as answers
from modelbourse.answers.ml_development.recipes import MlManifestChange
from services.gateway.domain.assistant.speech import Proposal
from services.gateway.domain.recipes.errors import RecipeNotFoundError
from services.gateway.inbound.faces.ml_development.face import FACE, Reader
from services.gateway.inbound.faces.ml_development.recipes import ID_MOST, SHIPPED
from services.gateway.inbound.http.connected import while_connected
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.recipes.ask_assistant import Answered, AskAssistant

CONTEXT_BYTES: Final = 20_000
NO_PROPOSAL: Final = "No change of a manifest was asked for."
NO_RECIPE: Final = "The answer is about no one recipe."


@dataclass(frozen=True, slots=True)
class AssistantUseCases:
    """What the handler calls."""

    ask: AskAssistant


Use = Annotated[AssistantUseCases, used(AssistantUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/chat", tags=[FACE.tag("chat")])


class MlChatIn(StrictBody):
    """A question."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "What does this recipe do?", "context": {}, "recipe_id": SHIPPED}]}
    )

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=QUESTION_MOST)] = Field(
        description="The question, in words; ids in it (`recipe_…`, `ver_…`, `run_…`, `model_…`) say what it is about."
    )
    context: dict[str, Any] = Field(
        default_factory=dict,
        description="What the reader has before them: ids anywhere in it count where the message and `recipe_id` name none.",
    )
    recipe_id: Annotated[str, StringConstraints(min_length=1, max_length=ID_MOST)] | None = Field(
        None, description="The recipe that it is about; null: what message and context name."
    )

    @field_validator("context")
    @classmethod
    def _is_small(cls, context: JsonObject) -> JsonObject:
        if len(json.dumps(context)) > CONTEXT_BYTES:
            msg = f"Must be at most {CONTEXT_BYTES} bytes of JSON"
            raise ValueError(msg)
        return context


@routes.post(
    "", summary="Ask the assistant", response_description="The answer, with its sources.", responses=refused(FACE, RecipeNotFoundError())
)
async def ask_ml_assistant(body: MlChatIn, caller: Reader, use: Use, request: Request) -> answers.MlChatAnswer:
    """Answer from facts and pages, with sources and calls that may come next; a proposed manifest is valid, and never applied."""
    asked = use.ask(body.message, body.context, recipe_id=body.recipe_id, caller=caller)
    return answer_of(await while_connected(request, asked))


def answer_of(found: Answered) -> answers.MlChatAnswer:
    """Return an answer with all that it rests on."""
    speech = found.speech
    whys = {
        "recipe_id": NO_RECIPE if speech.recipe_id is None else None,
        "proposal": (speech.why_no_proposal or NO_PROPOSAL) if speech.proposal is None else None,
        "model": found.absent,
    }
    return answers.MlChatAnswer(
        response=found.text,
        recipe_id=speech.recipe_id,
        suggestions=[answers.MlChatCall(title=each.title, method=each.method, path=each.path, body=each.body) for each in speech.calls],
        sources=[
            answers.MlChatSource(number=number, kind=each.kind, title=each.title, path=each.path, text=each.text)
            for number, each in enumerate(speech.sources, start=1)
        ],
        proposal=proposal_of(speech.proposal) if speech.proposal else None,
        timestamp=found.at,
        topic=speech.topic.value,
        questions=list(dict.fromkeys(speech.questions)),
        answered_by="facts" if found.absent else "llm",
        model=None if found.absent else found.model,
        dropped=list(found.dropped),
        reasons={name: why for name, why in whys.items() if why is not None},
    )


def proposal_of(proposal: Proposal) -> answers.MlProposal:
    """Return a proposed manifest."""
    family = next(each for each in FAMILIES if each == proposal.family)
    return answers.MlProposal(
        recipe_id=proposal.recipe_id,
        base_version_id=proposal.base_version_id,
        model_family=family,
        diff=[MlManifestChange(**each) for each in proposal.diff],
        manifest_json=proposal.manifest,
        resolved_manifest=proposal.resolved,
        summary=proposal.summary,
    )
