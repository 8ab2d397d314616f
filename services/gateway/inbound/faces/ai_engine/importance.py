"""AI Engine's feature importance: asked of a model over a dataset, measured by a job, shown as measured last."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import ConfigDict, Field, StrictStr, WithJsonSchema

from libs.chassis.errors import InvalidError
from libs.contracts.importance import METHODS, REPEATS_MOST, SAMPLES_MOST
from libs.contracts.job_kinds import JobKind
from libs.contracts.names import did_you_mean
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine import importance as answers
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.models.errors import ModelNotFoundError, ModelNotTrainedError
from services.gateway.inbound.faces.ai_engine.face import FACE, Reader, Trainer
from services.gateway.inbound.faces.ai_engine.words import JOB_WORDS, refusal
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import Number, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.models.look_at_features import ImportanceNotFoundError, LookAtFeatures, Measured

WHAT: Final = "The features cannot be measured like this"
EXAMPLE: Final[dict[str, Any]] = {"method": "shap", "dataset_id": "packaged_AAPL_1d", "num_samples": 1000}
MISSPELT: Final = InvalidError(f"{WHAT}: see method.", details={"method": ["Unknown method 'shapp'. Did you mean 'shap'?"]})
NO_MODEL: Final = ModelNotFoundError(MODEL_ID)
NOT_YET: Final = ImportanceNotFoundError(MODEL_ID)
METHOD: Final = (
    "`shap`: mean absolute SHAP value; `permutation`: by how much the loss grows when a feature is another row's; `gain`: what the splits "
    "of trees gain; `drop_column`: by how much the loss grows when it is trained without the feature, of trees and linear models."
)
GROUP: Final = "Features whose rank correlation is at least this, either way, are measured as one besides."
Named = Annotated[
    str, Path(description="The model's id; or a name in the registry, `name@alias`, `name@3`.", examples=[MODEL_ID], max_length=200)
]
Use = Annotated[LookAtFeatures, used(LookAtFeatures)]
routes = make_router(prefix=f"{FACE.prefix}/models/{{model_id}}/feature-importance", tags=[FACE.tag("feature-importance")])


class ImportanceIn(StrictBody):
    """How the features of a model are to be measured."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    method: Annotated[StrictStr, WithJsonSchema({"type": "string", "enum": list(METHODS)})] = Field("shap", description=METHOD)
    dataset_id: StrictStr = Field(min_length=1, max_length=100, description="On whose rows, see `GET /v1/ai/datasets`.")
    num_samples: Annotated[int, Number] = Field(1000, ge=50, le=SAMPLES_MOST, description="How many rows, evenly spaced in time.")
    repeats: Annotated[int, Number] = Field(5, ge=2, le=REPEATS_MOST, description="How often it is measured, for its standard error.")
    group_above: Annotated[float, Number] = Field(0.7, gt=0, le=1, description=GROUP)
    seed: Annotated[int, Number] = Field(42, ge=0, le=2**31 - 1, description="The same seed measures the same.")


@routes.get("", summary="Get feature importance", responses=refused(FACE, NO_MODEL, NOT_YET))
async def get_importance(model_id: Named, caller: Reader, use: Use) -> answers.Importance:
    """Return what was measured last of the model, the most important feature first; `version` says of which version."""
    named, _ = await use.named(model_id, account_id=caller.account_id)
    return importance_of(await use.latest(named, account_id=caller.account_id, kind=JobKind.IMPORTANCE))


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Calculate feature importance",
    response_description="The job is queued; its credits are reserved.",
    responses=refused(FACE, MISSPELT, 402, NO_MODEL, DatasetNotFoundError(DATASET_ID), ModelNotTrainedError("draft"), 504),
)
@starts_work
async def calculate_importance(
    model_id: Named, body: ImportanceIn, caller: Trainer, work: CurrentWork, use: Use
) -> answers.ImportanceQueued:
    """Measure what each feature is worth to the version that serves, or to the one that a name in the registry stands for."""
    if body.method not in METHODS:
        text = f"Unknown method '{body.method[:64]}'.{did_you_mean(body.method, METHODS) or ' Known: ' + ', '.join(METHODS) + '.'}"
        raise refusal(WHAT, {"method": [text]})
    named, version = await use.named(model_id, account_id=caller.account_id)
    spec = await use.spec(named, account_id=caller.account_id, model_version=version, **body.model_dump())
    try:
        started = await use.start(Order(kind=JobKind.IMPORTANCE, spec=spec, model_id=named), caller=caller, work=work)
    except InvalidError as error:
        raise refusal(WHAT, error.details) from error
    job = started.job
    return answers.ImportanceQueued(job_id=job.id, model_id=named, status=JOB_WORDS[job.state], created_at=job.created_at)


def importance_of(measured: Measured) -> answers.Importance:
    """Return what was measured by this face's names."""
    result = measured.result
    whys = dict(result.reasons)
    if result.seen_rows is None:
        whys["seen_rows"] = "The version's training did not write down what it learned from."
    return answers.Importance(
        model_id=measured.job.model_id or MODEL_ID,
        feature_importance=[answers.FeatureImportance(**each.model_dump()) for each in result.features],
        method=result.method,
        created_at=measured.at,
        job_id=measured.job.id,
        version=measured.spec.version,
        dataset_id=measured.spec.dataset_id,
        unit=result.unit,
        groups=[answers.GroupImportance(**each.model_dump()) for each in result.groups],
        stability=result.stability,
        rows=result.rows,
        seen_rows=result.seen_rows,
        start=result.start,
        end=result.end,
        synthetic=result.synthetic,
        reasons=whys,
    )
