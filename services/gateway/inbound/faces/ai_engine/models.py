"""AI Engine's models: listed, created, shown, deleted."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import AfterValidator, ConfigDict, Field, StrictStr, WithJsonSchema, field_validator
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Part
from libs.contracts.ids import is_id
from modelbourse.answers.answer import JOB_ID, MODEL_ID
from modelbourse.answers.engine import models as answers
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.models.check_features import FEATURES_MOST
from services.gateway.domain.models.drafts import check_draft
from services.gateway.domain.models.engine_types import AGENT, parameters_of, type_of
from services.gateway.domain.models.errors import ModelBusyError, ModelInProductionError, ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.predictions.kept import NONE_KNOWN, LiveMetrics
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_engine.agent_models import agent_model_of, agent_row_of, agent_statuses
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_SUCH_PART, PAGES, ModelId, Reader, Trainer
from services.gateway.inbound.faces.ai_engine.predictions import live_metrics_of
from services.gateway.inbound.faces.ai_engine.words import STATUSES, TYPE_NAMES, documented_metrics, filter_of, status_of
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.models.model_draft import ModelDraft
from services.gateway.usecases.nouns import EngineModelUseCases

NOT_TRAINED: Final = "The model has not been trained yet."
UNSAID: Final = "The model has not been trained on a dataset yet."
CREATED: Final[dict[str, Any]] = {
    "name": answers.NAME,
    "type": "temporal_fusion_transformer",
    "parameters": answers.PARAMETERS,
    "features": answers.FEATURES,
    "target": answers.TARGET,
}
TYPE: Final = f"What learns. A `{AGENT}` model is made by training an agent."
FEATURES: Final = (
    "What it looks at: `price_open`, `price_high`, `price_low`, `price_close` and `volume` as they are, any feature of "
    "`GET /api/ai-studio/features/`, and further columns of the dataset that it is trained on, by name."
)
FILTERS: Final = [
    query("type", "Only models of this type.", enum=[*TYPE_NAMES, AGENT]),
    query("status", "Only models in this status.", enum=list(STATUSES)),
]
MISSPELT: Final = InvalidError(
    "The model cannot be created like this: see type.",
    details={"type": ["Unknown type 'lstmm'. Did you mean 'lstm'?"]},
)
FULL: Final = TierLimits(DEFAULTS).refusal(Limit.MODELS, tier=Tier.FREE)
NO_MODEL: Final = ModelNotFoundError(MODEL_ID)


def _model_or_agent(text: str) -> str:
    if not is_id(text, prefix="model") and not is_id(text, prefix="agent"):
        raise ModelNotFoundError(text)
    return text


# Shown alone: what is wrong with them is said by what knows the types.
TypeIn = Annotated[StrictStr, WithJsonSchema({"type": "string", "enum": list(TYPE_NAMES)})]
ModelOrAgentId = Annotated[str, AfterValidator(_model_or_agent), Path(description="The model's id, or an agent's.", examples=[MODEL_ID])]
Use = Annotated[EngineModelUseCases, used(EngineModelUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/models", tags=[FACE.tag("models")])


class EngineModelIn(StrictBody):
    """A new model: what learns what, from which features. Which candles it learns from is said when it is trained."""

    model_config = ConfigDict(json_schema_extra={"examples": [CREATED]})

    name: StrictStr = Field(min_length=1, max_length=200, description="What it is called, for people.")
    type: TypeIn = Field(description=TYPE)
    parameters: dict[str, Any] = Field(default_factory=dict, description="Those of the type; what is left out has its default.")
    features: list[StrictStr] = Field(min_length=1, max_length=FEATURES_MOST, description=FEATURES)
    target: StrictStr = Field(min_length=1, max_length=100, description="`price_close_next_day`, `return_next_day`, `direction_next_day` …")
    description: StrictStr = Field("", max_length=5000, description="What it is for, for people; lines may break.")

    @field_validator("name")
    @classmethod
    def _can_be_read(cls, name: str) -> str:
        return _readable(name)

    @field_validator("description")
    @classmethod
    def _can_be_seen(cls, description: str) -> str:
        return _readable(description, needed=False, lines=True)


def _readable(text: str, *, needed: bool = True, lines: bool = False) -> str:
    if problem := text_problem(text, needed=needed, lines=lines):
        raise ValueError(problem)
    return text.strip()


@routes.get(
    "",
    summary="List models",
    response_description="A part of the list, the oldest first, agents after the models.",
    responses=NO_SUCH_PART,
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_engine_models(request: Request, caller: Reader, use: Use) -> answers.EngineModels:
    """Your models of every face, and after them your agents: one list, through which `offset` goes."""
    part = PAGES.read(request)
    type_name = read_word(request, "type", known=[*TYPE_NAMES, AGENT])
    word = read_word(request, "status", known=STATUSES)
    rows: list[answers.EngineModelRow] = []
    total = 0
    if type_name != AGENT:
        models = await use.models.find(filter_of(type_name, word, account_id=caller.account_id), part)
        rows, total = [row_of(model) for model in models.items], models.count
    if type_name in {None, AGENT}:
        room = part.size - min(max(total - part.skipped, 0), part.size)
        agents = await use.agents.find_oldest(
            caller.account_id, Part(max(room, 1), offset=max(part.skipped - total, 0)), statuses=agent_statuses(word)
        )
        rows, total = [*rows, *map(agent_row_of, agents.items[:room])], total + agents.count
    return answers.EngineModels(models=rows, total=total, limit=part.size, offset=part.skipped)


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create a model",
    response_description="The model, which is trained next.",
    responses=refused(FACE, MISSPELT, FULL),
)
@starts_work
async def create_engine_model(body: EngineModelIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.EngineModel:
    """Keep a new model; every problem with it is told at once, by field."""
    return model_of(await use.create(read_draft(body), caller=caller, work=work))


@routes.get("/{model_id}", summary="Get a model", responses=refused(FACE, NO_MODEL))
async def get_engine_model(model_id: ModelOrAgentId, caller: Reader, use: Use) -> answers.EngineModel:
    """All there is to say of it in this face; what is null has its reason. Of an agent, its environment shows more."""
    if is_id(model_id, prefix="agent"):
        return agent_model_of(await use.agents.get(model_id, account_id=caller.account_id, environment_id=None))
    model = await use.models.get(model_id, account_id=caller.account_id)
    return model_of(model, live=await use.score(model_id, account_id=caller.account_id))


@routes.delete(
    "/{model_id}",
    summary="Delete a model",
    responses=refused(FACE, NO_MODEL, ModelBusyError(JOB_ID), ModelInProductionError("version 1.0")),
)
async def delete_engine_model(model_id: ModelId, caller: Trainer, use: Use) -> answers.EngineModelDeleted:
    """Delete it with all of its versions: not while it is trained or in production, and not once it was on the marketplace."""
    await use.remove(model_id, account_id=caller.account_id)
    return answers.EngineModelDeleted(success=True, message="Model deleted successfully")


def read_draft(body: EngineModelIn) -> ModelDraft:
    """Return the draft that a request asks for. Raise InvalidError with all problems."""
    spec, problems = check_draft(body.type, target=body.target, features=body.features, parameters=body.parameters)
    if spec is None:
        what = f"The model cannot be created like this: see {', '.join(problems)}."
        raise InvalidError(what, details=problems)
    return ModelDraft(name=body.name, description=body.description, spec=spec)


def row_of(model: Model) -> answers.EngineModelRow:
    """Return a model as lists show it."""
    metrics, reasons = metrics_of(model)
    return answers.EngineModelRow(
        id=model.id,
        name=model.name,
        type=TYPE_NAMES[type_of(model.market.algorithm)],
        status=status_of(model),
        created_at=model.created_at,
        updated_at=model.updated_at,
        metrics=metrics,
        reasons=reasons,
    )


def model_of(model: Model, *, live: LiveMetrics = NONE_KNOWN) -> answers.EngineModel:
    """Return all there is to say of a model here."""
    spec, serving, row = model.market, model.in_service, row_of(model)
    score, no_score = live_metrics_of(live)
    reasons = row.reasons | no_score
    if not spec.symbols:
        reasons["timeframe"] = UNSAID
    if serving is None:
        reasons["version"] = NOT_TRAINED
    if model.active_job is None:
        reasons["active_job_id"] = "Nothing trains it now."
    return answers.EngineModel(
        **dict(row) | {"reasons": reasons},
        parameters=parameters_of(spec.hyperparameters),
        features=list(spec.features),
        target=spec.target_variable,
        symbols=list(spec.symbols),
        timeframe=spec.timeframe if spec.symbols else None,
        version=serving.name if serving else None,
        active_job_id=model.active_job,
        live_metrics=score,
    )


def metrics_of(model: Model) -> tuple[answers.EngineMetrics | None, dict[str, str]]:
    """Return what the version that serves has measured, and why values of it are null."""
    if model.result is None:
        return None, {"metrics": NOT_TRAINED}
    values, reasons = documented_metrics(model.result.metrics, reasons=model.result.reasons)
    return answers.EngineMetrics.model_validate(values), reasons
