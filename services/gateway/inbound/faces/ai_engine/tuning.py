"""AI Engine's hyperparameter tuning: an experiment on a model that there is already, in other words."""

from typing import Annotated, Final

from fastapi import Path, status

from modelbourse.answers.answer import JOB_ID, MODEL_ID
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine import experiments as answers
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.experiments.errors import ExperimentStateError, ResultsNotReadyError, TuningNotFoundError
from services.gateway.domain.experiments.experiment import ExperimentStatus
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.inbound.faces.ai_engine.experiment_answers import results_of, tuning_of, tuning_word
from services.gateway.inbound.faces.ai_engine.experiment_requests import MISSPELT, TuningIn, wish_of
from services.gateway.inbound.faces.ai_engine.experiments import RUNS, Use
from services.gateway.inbound.faces.ai_engine.face import FACE, ModelId, Reader, Trainer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work

NO_TUNING: Final = TuningNotFoundError(JOB_ID)
RUNS_NOT: Final = ExperimentStateError("Only a running experiment can be stopped.", state="completed")
TuningId = Annotated[str, id_of("job", TuningNotFoundError), Path(description="The tuning job's id.", examples=[JOB_ID])]
routes = make_router(prefix=f"{FACE.prefix}/models/{{model_id}}/hyperparameter-tuning", tags=[FACE.tag("hyperparameter-tuning")])


@routes.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Tune a model",
    response_description="The job is queued; its credits are reserved.",
    responses=refused(FACE, MISSPELT, 402, ModelNotFoundError(MODEL_ID), DatasetNotFoundError(DATASET_ID), 504),
)
@starts_work
async def tune_model(model_id: ModelId, body: TuningIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.TuningQueued:
    """Search for the model's best hyperparameters on a dataset; those that are not searched are the model's own."""
    made, job = await use.make.tune(model_id, wish_of(body), caller=caller, work=work)
    return answers.TuningQueued(job_id=job.id, model_id=model_id, status="queued", created_at=made.created_at)


@routes.get("/{job_id}", summary="Get a tuning job", responses=refused(FACE, NO_TUNING))
async def get_tuning(model_id: ModelId, job_id: TuningId, caller: Reader, use: Use) -> answers.Tuning:
    """How far it has come, and the best trial so far."""
    return tuning_of(*await use.show.tuning(job_id, model_id=model_id, account_id=caller.account_id))


@routes.post(
    "/{job_id}/cancel",
    summary="Cancel a tuning job",
    response_description="It is stopping: unused credits come back.",
    responses=refused(FACE, NO_TUNING, RUNS_NOT),
)
async def cancel_tuning(model_id: ModelId, job_id: TuningId, caller: Trainer, use: Use) -> answers.Tuning:
    """End a search; the best trial so far stays."""
    await use.run.stop_tuning(job_id, model_id=model_id, account_id=caller.account_id)
    return tuning_of(*await use.show.tuning(job_id, model_id=model_id, account_id=caller.account_id))


@routes.delete("/{job_id}", summary="Delete a tuning", responses=refused(FACE, NO_TUNING, RUNS))
async def delete_tuning(model_id: ModelId, job_id: TuningId, caller: Trainer, use: Use) -> answers.ExperimentDeleted:
    """Its trials go with it; the model stays as it is."""
    await use.remove_tunings.one(job_id, model_id=model_id, account_id=caller.account_id)
    return answers.ExperimentDeleted(success=True, message="Hyperparameter tuning deleted successfully")


@routes.get(
    "/{job_id}/results",
    summary="Get a tuning job's results",
    responses=refused(FACE, NO_TUNING, ResultsNotReadyError(state="running")),
)
async def get_tuning_results(model_id: ModelId, job_id: TuningId, caller: Reader, use: Use) -> answers.TuningResults:
    """Tell what a completed one has found, with all trials, and how far it is to be believed."""
    experiment, job = await use.show.tuning(job_id, model_id=model_id, account_id=caller.account_id)
    if experiment.status is not ExperimentStatus.COMPLETED:
        raise ResultsNotReadyError(state=tuning_word(experiment, job))
    return results_of(experiment, job, await use.show.trials(experiment))
