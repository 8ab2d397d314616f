"""AI Studio's models: list, create, get, change, delete, train."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, status
from starlette.requests import Request

from libs.contracts.ids import is_id
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.domain.studio_ports import Models
from services.gateway.inbound.faces.ai_studio import examples
from services.gateway.inbound.faces.ai_studio.documents import PAGES, answer, errors, json_body, query
from services.gateway.inbound.faces.ai_studio.queries import read_paging, read_word
from services.gateway.inbound.faces.ai_studio.reading import read_change, read_model, read_training
from services.gateway.inbound.faces.ai_studio.translate import (
    JOB_WORDS,
    MODEL_TYPES,
    MODEL_WORDS,
    filter_of,
    model_details,
    model_row,
    moment,
    paged,
    status_of,
)
from services.gateway.inbound.faces.ai_studio.wire import ModelIn, ModelPatch, TrainIn
from services.gateway.inbound.security import needs
from services.gateway.inbound.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.change_model import DeleteModel, UpdateModel
from services.gateway.usecases.create_model import CreateModel
from services.gateway.usecases.start_training import StartTraining

TAG: Final = "AI Studio"
PREFIX: Final = "/api/ai-studio"
Reader = Annotated[Caller, needs(Scope.READ)]
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
        query("status", "Only models in this status.", words=list(MODEL_WORDS)),
        query("model_type", "Only models of this type.", words=list(MODEL_TYPES)),
    ]

    @routes.get(
        "/models/",
        summary="List your models",
        responses=errors(400, 404) | {200: answer("A page of models, the newest first.", examples.page_of(examples.MODEL_ROW))},
        openapi_extra={"parameters": [*filters, *PAGES]},
    )
    async def list_models(request: Request, caller: Reader) -> dict[str, Any]:
        """Models that the caller created."""
        paging = read_paging(request)
        word = read_word(request, "status", known=MODEL_WORDS)
        kind = read_word(request, "model_type", known=MODEL_TYPES)
        page = await use.models.find(filter_of(word, kind, account_id=caller.account_id), page=paging.page, size=paging.size)
        paging.check(page.count)
        rows = [model_row(model) for model in page.items]
        return paged(rows, count=page.count, page=paging.page, size=paging.size, link=paging.link)

    @routes.get(
        "/models/{model_id}/",
        summary="Get a model's details",
        responses=errors(404)
        | {200: answer("The model: configuration, results beside their baselines, versions, run card.", examples.MODEL)},
    )
    async def get_model(model_id: str, caller: Reader) -> dict[str, Any]:
        """All there is to say of one model; what is null has its reason under `reasons`."""
        return model_details(await use.models.get(check_model_id(model_id), account_id=caller.account_id))


def _add_writing(routes: APIRouter, use: ModelUseCases) -> None:
    @routes.post(
        "/models/",
        status_code=status.HTTP_201_CREATED,
        summary="Create a model",
        responses=errors(400, 403, 409, 413) | {201: answer("The model is a draft.", examples.CREATED)},
        openapi_extra=json_body(ModelIn),
    )
    @starts_work
    async def create_model(body: Annotated[Any, Body()], caller: Writer, work: CurrentWork) -> dict[str, Any]:
        """Keep a new configuration; every problem with it is told at once, by field."""
        draft = read_model(body, synthetic_allowed=use.synthetic_allowed)
        model = await use.create(draft, account_id=caller.account_id, work=work)
        message = examples.CREATED["message"]
        return {"id": model.id, "name": model.name, "status": status_of(model), "created_at": moment(model.created_at), "message": message}

    @routes.patch(
        "/models/{model_id}/",
        summary="Change a draft",
        responses=errors(400, 403, 404, 409, 413) | {200: answer("The changed model.", examples.MODEL)},
        openapi_extra=json_body(ModelPatch),
    )
    async def update_model(model_id: str, body: Annotated[Any, Body()], caller: Writer) -> dict[str, Any]:
        """Only while the model is in DRAFT."""
        changed = await use.update(
            check_model_id(model_id),
            account_id=caller.account_id,
            change=lambda model: read_change(body, model=model, synthetic_allowed=use.synthetic_allowed),
        )
        return model_details(changed)

    @routes.delete(
        "/models/{model_id}/",
        status_code=status.HTTP_204_NO_CONTENT,
        summary="Delete a draft",
        responses=errors(400, 403, 404, 409),
    )
    async def delete_model(model_id: str, caller: Writer) -> None:
        """Only while the model is in DRAFT."""
        await use.delete(check_model_id(model_id), account_id=caller.account_id)


def _add_training(routes: APIRouter, use: ModelUseCases) -> None:
    @routes.post(
        "/models/{model_id}/train/",
        status_code=status.HTTP_202_ACCEPTED,
        summary="Start a training job",
        responses=errors(400, 402, 403, 404, 409, 413, 504)
        | {202: answer("The job is queued; its credits are reserved.", examples.STARTED)},
        openapi_extra=json_body(TrainIn, required=False),
    )
    @starts_work
    async def start_training(model_id: str, caller: Trainer, work: CurrentWork, body: Annotated[Any, Body()] = None) -> dict[str, Any]:
        """Train the model's next version; the one that serves goes on serving until the new one is ready."""
        name, priority = read_training(body)
        job = await use.train(check_model_id(model_id), caller=caller, name=name, priority=priority, work=work)
        return examples.STARTED | {
            "job_id": job.id,
            "estimated_completion": moment(job.estimated_completion or job.ended_at),
            "estimated_cost": f"{job.reserved_cost:.2f}",
            "status": JOB_WORDS[job.state],
            "model_version": job.model_version,
        }
