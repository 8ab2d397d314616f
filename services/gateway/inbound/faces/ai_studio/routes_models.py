"""AI Studio's models: list, create, get, change, delete, train."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, status
from starlette.requests import Request

from libs.chassis.bus import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.ids import is_id
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.model_errors import (
    ModelBusyError,
    ModelChangedError,
    ModelNotFoundError,
    NotADraftError,
    PriorityNotAllowedError,
)
from services.gateway.domain.studio_ports import Models
from services.gateway.inbound.faces.ai_studio.answers import ModelCreated, ModelDetails, ModelPage
from services.gateway.inbound.faces.ai_studio.answers_estimate import TrainingStarted
from services.gateway.inbound.faces.ai_studio.documents import NO_PAGE, ModelId
from services.gateway.inbound.faces.ai_studio.examples import JOB_ID, MODEL_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.queries import read_word
from services.gateway.inbound.faces.ai_studio.reading import read_change, read_model, read_training
from services.gateway.inbound.faces.ai_studio.translate import model_created, model_details, model_row
from services.gateway.inbound.faces.ai_studio.translate_estimate import training_started
from services.gateway.inbound.faces.ai_studio.wire import ModelIn, ModelPatch, TrainIn
from services.gateway.inbound.faces.ai_studio.words import MODEL_TYPES, MODEL_WORDS, filter_of
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_query import query
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.change_model import DeleteModel, UpdateModel
from services.gateway.usecases.create_model import CreateModel
from services.gateway.usecases.start_training import StartTraining

TAG: Final = "AI Studio"
PREFIX: Final = FACE.prefix
DRAFTS_ALONE: Final = refused(FACE, NotADraftError("training"), ModelChangedError(MODEL_ID))
NO_SUCH_PAGE: Final = refused(
    FACE,
    InvalidError("The list cannot be paged like this.", details={"page_size": ["Must be a whole number from 1 to 100."]}),
    NO_PAGE,
)
Reader = Annotated[Caller, needs(Scope.READ)]
# Whoever may train may look at what is trained.
Owner = Annotated[Caller, needs(Scope.READ, Scope.TRAIN)]
Writer = Annotated[Caller, needs(Scope.WRITE)]
Trainer = Annotated[Caller, needs(Scope.TRAIN)]


@dataclass(frozen=True, slots=True)
class ModelUseCases:
    """What the routes of models call."""

    models: Models
    create: CreateModel
    update: UpdateModel
    delete: DeleteModel
    train: StartTraining
    synthetic_allowed: bool


def check_model_id(model_id: str) -> str:
    """Return the id. Raise ModelNotFoundError for what cannot be one."""
    if not is_id(model_id, prefix="model"):
        raise ModelNotFoundError(model_id)
    return model_id


def make_model_routes(use: ModelUseCases) -> APIRouter:
    """Return the routes under `/api/ai-studio/models/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])
    _add_reading(routes, use)
    _add_writing(routes, use)
    _add_training(routes, use)
    return routes


def _add_reading(routes: APIRouter, use: ModelUseCases) -> None:
    filters = [
        query("status", "Only models in this status.", enum=list(MODEL_WORDS)),
        query("model_type", "Only models of this type.", enum=list(MODEL_TYPES)),
    ]

    @routes.get(
        "/models/",
        summary="List your models",
        response_description="A page of models, the newest first.",
        responses=NO_SUCH_PAGE,
        openapi_extra={"parameters": [*filters, *PAGES]},
    )
    async def list_models(request: Request, caller: Owner) -> Annotated[dict[str, Any], ShownAs(ModelPage)]:
        """Models that the caller created."""
        paging = read_paging(request)
        word = read_word(request, "status", known=MODEL_WORDS)
        kind = read_word(request, "model_type", known=MODEL_TYPES)
        page = await use.models.find(filter_of(word, kind, account_id=caller.account_id), paging.part)
        rows = [model_row(model) for model in page.items]
        return paging.answer(rows, count=page.count, after=page.after)

    @routes.get(
        "/models/{model_id}/",
        summary="Get a model's details",
        response_description="The model: configuration, results beside their baselines, versions, run card.",
        responses=refused(FACE, ModelNotFoundError(MODEL_ID)),
    )
    async def get_model(model_id: ModelId, caller: Owner) -> Annotated[dict[str, Any], ShownAs(ModelDetails)]:
        """All there is to say of one model; what is null has its reason under `reasons`."""
        return model_details(await use.models.get(check_model_id(model_id), account_id=caller.account_id))


def _add_writing(routes: APIRouter, use: ModelUseCases) -> None:
    misspelt = InvalidError(
        "Invalid model configuration: see features.",
        details={"features": ["There is no feature 'rsi14'. Did you mean 'rsi_14'?"]},
    )

    @routes.post(
        "/models/",
        status_code=status.HTTP_201_CREATED,
        summary="Create a model",
        response_description="The model is a draft.",
        responses=refused(FACE, misspelt),
    )
    @starts_work
    async def create_model(
        body: Annotated[Any, Body(), ShownAs(ModelIn)], caller: Writer, work: CurrentWork
    ) -> Annotated[dict[str, Any], ShownAs(ModelCreated)]:
        """Keep a new configuration; every problem with it is told at once, by field."""
        draft = read_model(body, synthetic_allowed=use.synthetic_allowed)
        model = await use.create(draft, caller=caller, work=work)
        return model_created(model)

    @routes.patch(
        "/models/{model_id}/",
        summary="Change a draft",
        response_description="The changed model.",
        responses=DRAFTS_ALONE,
    )
    async def update_model(
        model_id: ModelId, body: Annotated[Any, Body(), ShownAs(ModelPatch)], caller: Writer
    ) -> Annotated[dict[str, Any], ShownAs(ModelDetails)]:
        """Only while the model is in DRAFT."""
        changed = await use.update(
            check_model_id(model_id),
            caller=caller,
            change=lambda model: read_change(body, model=model, synthetic_allowed=use.synthetic_allowed),
        )
        return model_details(changed)

    @routes.delete(
        "/models/{model_id}/",
        status_code=status.HTTP_204_NO_CONTENT,
        summary="Delete a draft",
        responses=DRAFTS_ALONE,
    )
    async def delete_model(model_id: ModelId, caller: Writer) -> None:
        """Only while the model is in DRAFT."""
        await use.delete(check_model_id(model_id), account_id=caller.account_id)


def _add_training(routes: APIRouter, use: ModelUseCases) -> None:
    unread = InvalidError(
        "The training cannot be started like this: see priority.",
        details={"priority": ["Must be LOW, NORMAL or HIGH. Did you mean 'HIGH'?"]},
    )
    too_few = AskRefusedError(
        "Not enough compute credits: the job needs 0.05 hours, 0.01 are left this month on tier 'free'",
        kind=ErrorKind.UNPAID,
        code="insufficient_credits",
    )

    @routes.post(
        "/models/{model_id}/train/",
        status_code=status.HTTP_202_ACCEPTED,
        summary="Start a training job",
        response_description="The job is queued; its credits are reserved.",
        responses=refused(FACE, unread, too_few, PriorityNotAllowedError("free"), ModelBusyError(JOB_ID), 504),
    )
    @starts_work
    async def start_training(
        model_id: ModelId, caller: Trainer, work: CurrentWork, body: Annotated[Any, Body(), ShownAs(TrainIn)] = None
    ) -> Annotated[dict[str, Any], ShownAs(TrainingStarted)]:
        """Train the model's next version; the one that serves goes on serving until the new one is ready."""
        name, priority = read_training(body)
        started = await use.train(check_model_id(model_id), caller=caller, name=name, priority=priority, work=work)
        return training_started(started)
