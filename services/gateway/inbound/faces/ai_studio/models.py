"""AI Studio's models: list, create, get, change, delete, archive, restore."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Body, Path, status
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.training import TrainingResult
from libs.market.age import Ages, age_fields, reasons_of
from modelbourse.answers.answer import JOB_ID, MODEL_ID, Answer
from modelbourse.answers.models import (
    AllPerformance,
    Backtest,
    ModelCreated,
    ModelDetails,
    ModelPage,
    ModelRow,
    Performance,
    TrainedVersion,
    TrainingConfig,
)
from modelbourse.answers.versions import TrainedWith, VersionDetails
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.models.data_age import age_of
from services.gateway.domain.models.errors import (
    ModelBusyError,
    ModelChangedError,
    ModelNotFoundError,
    ModelNotTrainedError,
    NotADraftError,
    VersionNotFoundError,
)
from services.gateway.domain.models.model import Listing, Model
from services.gateway.domain.models.version import ModelVersion
from services.gateway.inbound.faces.ai_studio.face import FACE, NO_SUCH_PAGE, ModelId, Owner, Writer, make_routes
from services.gateway.inbound.faces.ai_studio.reading import ModelIn, ModelPatch, VersionPatch, read_change, read_model, read_stage
from services.gateway.inbound.faces.ai_studio.words import (
    ALGORITHMS,
    MODEL_TYPE_WORDS,
    MODEL_TYPES,
    MODEL_WORDS,
    NOT_MEASURED,
    NOT_TRAINED,
    STAGE_WORDS,
    filter_of,
    gate_of,
    measured,
    retraining_of,
    status_of,
)
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.models.model_draft import ModelDraft
from services.gateway.usecases.nouns import ModelUseCases

CREATED: Final = "Model created successfully. Ready for training."
LEARNED_UNSAID: Final = "Its training did not write this down: train it again."
RESULT_LOST: Final = "This version was trained before the results of each version were kept."
UNSCHEDULED: Final = {
    "gate": "The version that serves, if there is one, was not compared: no schedule has made it.",
    "retraining": "It is not retrained by itself: its training_config has no retrain.",
}
# What may be null without a reason.
SILENT: Final = frozenset({"active_job_id"})
FILTERS: Final = [
    query("status", "Only models in this status.", enum=list(MODEL_WORDS)),
    query("model_type", "Only models of this type.", enum=list(MODEL_TYPES)),
]
MISSPELT: Final = InvalidError(
    "Invalid model configuration: see features.", details={"features": ["There is no feature 'rsi14'. Did you mean 'rsi_14'?"]}
)
DRAFTS_ALONE: Final = refused(FACE, NotADraftError("training"), ModelChangedError(MODEL_ID))
FULL: Final = TierLimits(DEFAULTS).refusal(Limit.MODELS, tier=Tier.FREE)


Version = Annotated[str, Path(description="The version's name, or one of its aliases.", examples=["1.0"])]
Use = Annotated[ModelUseCases, used(ModelUseCases)]
routes = make_routes("models")


@routes.get(
    "/models/",
    summary="List your models",
    response_description="A page of models, the newest first.",
    responses=NO_SUCH_PAGE,
    openapi_extra={"parameters": [*FILTERS, *PAGES]},
)
async def list_models(request: Request, caller: Owner, use: Use) -> ModelPage:
    """Models that the caller created."""
    paging = read_paging(request)
    word, kind = read_word(request, "status", known=MODEL_WORDS), read_word(request, "model_type", known=MODEL_TYPES)
    page = await use.models.find(filter_of(word, kind, account_id=caller.account_id), paging.part)
    return paging.page(ModelPage, [row_of(model) for model in page.items], count=page.count, after=page.after)


@routes.post(
    "/models/",
    status_code=status.HTTP_201_CREATED,
    summary="Create a model",
    response_description="The model is a draft.",
    responses=refused(FACE, MISSPELT),
)
@starts_work
async def create_model(body: Annotated[Any, Body(), ShownAs(ModelIn)], caller: Writer, work: CurrentWork, use: Use) -> ModelCreated:
    """Keep a new configuration; every problem with it is told at once, by field."""
    draft = read_model(body, synthetic_allowed=use.synthetic_allowed, own=await use.own(caller.account_id, columns=True))
    model = await use.create(draft, caller=caller, work=work)
    return ModelCreated(id=model.id, name=model.name, status=status_of(model), created_at=model.created_at, message=CREATED)


@routes.get(
    "/models/{model_id}/",
    summary="Get a model's details",
    response_description="The model: configuration, results beside their baselines, versions, run card.",
    responses=refused(FACE, ModelNotFoundError(MODEL_ID)),
    response_model_exclude_unset=True,
)
async def get_model(model_id: ModelId, caller: Owner, use: Use) -> ModelDetails:
    """All there is to say of one model; what is null has its reason under `reasons`."""
    return details_of(await use.models.get(model_id, account_id=caller.account_id), ages=use.ages)


@routes.patch(
    "/models/{model_id}/",
    summary="Change a model",
    response_description="The changed model.",
    responses=DRAFTS_ALONE,
    response_model_exclude_unset=True,
)
async def update_model(model_id: ModelId, body: Annotated[Any, Body(), ShownAs(ModelPatch)], caller: Writer, use: Use) -> ModelDetails:
    """Name, description and `retrain` at any time, but of an archived model; all else only while the model is in DRAFT."""
    own = await use.own(caller.account_id, columns=True)

    def change(model: Model) -> ModelDraft:
        return read_change(body, model=model, synthetic_allowed=use.synthetic_allowed, own=own)

    return details_of(await use.update(model_id, caller=caller, change=change), ages=use.ages)


@routes.get(
    "/models/{model_id}/versions/{version}/",
    summary="Get a version of a model",
    response_description="The version: what it was trained with and measured, and its run card.",
    responses=refused(FACE, VersionNotFoundError("1.1", known=["1.0"]), ModelNotTrainedError("draft")),
)
async def get_version(model_id: ModelId, version: Version, caller: Owner, use: Use) -> VersionDetails:
    """Tell what there is to say of one version, whether it serves or not: two of them tell what one was trained with otherwise."""
    return version_of(*(await use.version(model_id, version, account_id=caller.account_id)))


@routes.patch(
    "/models/{model_id}/versions/{version}/",
    summary="Stage a version",
    response_description="The changed model.",
    responses=refused(FACE, VersionNotFoundError("1.1", known=["1.0"]), ModelChangedError(MODEL_ID)),
    response_model_exclude_unset=True,
)
async def update_version(
    model_id: ModelId, version: Version, body: Annotated[Any, Body(), ShownAs(VersionPatch)], caller: Writer, use: Use
) -> ModelDetails:
    """Give it a stage or aliases. What is in production serves, else the newest that is not archived; the results shown are its own."""
    stage, aliases = read_stage(body)
    return details_of(await use.stage(model_id, version, caller=caller, stage=stage, aliases=aliases), ages=use.ages)


@routes.delete("/models/{model_id}/", status_code=status.HTTP_204_NO_CONTENT, summary="Delete a draft", responses=DRAFTS_ALONE)
async def delete_model(model_id: ModelId, caller: Writer, use: Use) -> None:
    """Only while the model is in DRAFT."""
    await use.delete(model_id, account_id=caller.account_id)


@routes.post(
    "/models/{model_id}/archive/",
    summary="Archive a model",
    response_description="The model, archived.",
    responses=refused(FACE, ModelNotFoundError(MODEL_ID), ModelBusyError(JOB_ID)),
    response_model_exclude_unset=True,
)
@starts_work
async def archive_model(model_id: ModelId, caller: Writer, use: Use) -> ModelDetails:
    """Put it away: it keeps all that it has, and makes room for another. Not while it trains, is in review or on sale."""
    return details_of(await use.archive(model_id, caller=caller), ages=use.ages)


@routes.post(
    "/models/{model_id}/restore/",
    summary="Restore an archived model",
    response_description="The model, in use as it was.",
    responses=refused(FACE, ModelNotFoundError(MODEL_ID), FULL),
    response_model_exclude_unset=True,
)
@starts_work
async def restore_model(model_id: ModelId, caller: Writer, use: Use) -> ModelDetails:
    """Take it back into use, where the tier has room for it; a model that is in use stays as it is."""
    return details_of(await use.archive.restore(model_id, caller=caller), ages=use.ages)


def row_of(model: Model) -> ModelRow:
    """Return a model as lists show it."""
    metrics, serving = model.result.metrics if model.result else {}, model.in_service
    performance = Performance(**{name: metrics.get(name) for name in Performance.model_fields})
    return ModelRow(
        id=model.id,
        name=model.name,
        description=model.description,
        model_type=MODEL_TYPE_WORDS[model.market.model_type],
        algorithm=ALGORITHMS[model.market.algorithm],
        status=status_of(model),
        is_published=model.listing is Listing.LISTED,
        performance_metrics=performance,
        total_earnings=model.earnings,
        version=serving.name if serving else None,
        created_at=model.created_at,
        updated_at=model.updated_at,
        reasons=_reasons(_nulls(performance), model) | ({} if serving else {"version": NOT_TRAINED}),
    )


def details_of(model: Model, *, ages: Ages) -> ModelDetails:
    """Return all there is to say of a model. What is null has its reason under `reasons`."""
    spec, result, serving = model.market, model.result, model.in_service
    performance, age = measured(AllPerformance, result.metrics if result else {}), age_of(model, ages=ages)
    details = ModelDetails(
        **dict(row_of(model)) | {"performance_metrics": performance},
        target_variable=spec.target_variable,
        features=list(spec.features),
        hyperparameters=spec.hyperparameters,
        training_config=TrainingConfig.model_validate({"symbols": [], **spec.training_config}),
        backtest_results=measured(Backtest, result.backtest if result else {}),
        feature_importance=result.feature_importance if result else None,
        total_downloads=model.downloads,
        active_job_id=model.active_job,
        versions=[trained_of(each, serves=each is serving) for each in model.versions],
        baselines=result.baselines if result else None,
        sharpe_interval=result.sharpe_interval if result else None,
        equity_curve=list(result.equity_curve) if result else None,
        run_card=result.run_card if result else None,
        learned_until=_learned_until(result.run_card) if result else None,
        data_source=result.run_card.get("data_source") if result else None,
        synthetic=bool(result.run_card.get("synthetic")) if result else None,
        **age_fields(age),
        gate=gate_of(result.gate) if result and result.gate else None,
        retraining=retraining_of(model, at=datetime.fromtimestamp(ages.clock(), UTC)),
    )
    reasons = _reasons([*_nulls(performance), *_nulls(details.backtest_results), *_nulls(details)], model)
    reasons |= {name: why for name, why in UNSCHEDULED.items() if getattr(details, name) is None}
    if result:
        why = reasons_of(age, without=LEARNED_UNSAID)
        reasons |= {name: text for name, text in (why | {"learned_until": LEARNED_UNSAID}).items() if getattr(details, name) is None}
    return details.model_copy(update={"reasons": reasons})


def trained_of(version: ModelVersion, *, serves: bool) -> TrainedVersion:
    """Return what is answered of a version wherever its model is."""
    return TrainedVersion(
        version=version.name,
        job_id=version.job_id,
        created_at=version.made_at,
        performance_metrics=version.metrics,
        stage=STAGE_WORDS[version.stage],
        aliases=list(version.aliases),
        serves=serves,
    )


def version_of(model: Model, version: ModelVersion, result: TrainingResult | None) -> VersionDetails:
    """Return all there is to say of one version."""
    spec = version.market
    return VersionDetails(
        **dict(trained_of(version, serves=version is model.in_service)),
        model_id=model.id,
        trained_with=TrainedWith(
            model_type=MODEL_TYPE_WORDS[spec.model_type],
            algorithm=ALGORITHMS[spec.algorithm],
            target_variable=spec.target_variable,
            features=list(spec.features),
            hyperparameters=spec.hyperparameters,
            training_config=TrainingConfig.model_validate({"symbols": [], **spec.training_config}),
        ),
        run_card=result.run_card if result else None,
        reasons={} if result else {"run_card": RESULT_LOST},
    )


def _nulls(answer: Answer) -> list[str]:
    return [name for name, value in answer if value is None and name not in SILENT]


def _learned_until(run_card: Mapping[str, Any]) -> datetime | None:
    said = run_card.get("learned_until")
    return datetime.fromisoformat(said) if said else None


def _reasons(names: Sequence[str], model: Model) -> dict[str, str]:
    """Say of each of these names why it is null; names that have a value are passed over."""
    if model.result is None:
        return dict.fromkeys(names, NOT_TRAINED)
    given = {**model.result.metrics, **model.result.backtest}
    missing = [name for name in names if given.get(name) is None]
    known = {name: reason for name, reason in model.result.reasons.items() if name in missing}
    return dict.fromkeys(missing, NOT_MEASURED.format(kind=model.market.model_type.value)) | known
