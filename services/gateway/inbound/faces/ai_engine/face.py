"""AI Engine as a face: its paths, who may call, its words for errors: `{"error": {"code", "message", "details"}}`, 422 for bad input."""

from typing import Annotated, Final

from fastapi import Path
from pydantic import AfterValidator, BaseModel, Field

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from libs.contracts.ids import is_id
from modelbourse.answers.answer import JOB_ID, MODEL_ID
from modelbourse.answers.datasets import DATASET_ID
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.datasets.errors import DatasetNotFoundError, DatasetNotReadyError
from services.gateway.domain.datasets.live_series import is_live
from services.gateway.domain.datasets.packaged import PACKAGED
from services.gateway.domain.errors import WrongStateError
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.models.errors import ModelArchivedError, ModelNotFoundError, ModelNotTrainedError
from services.gateway.inbound.faces.ai_engine.words import STATE_WORDS
from services.gateway.inbound.http.errors import ProblemOut, standard_body
from services.gateway.inbound.http.face import Access, Face
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs

# How its lists are walked.
PAGES: Final = Offsets(size=100)


# What the state of a model, a job or a dataset does not allow now: 409 here (the document has no other word for it).
CONFLICTS: Final = (DatasetNotReadyError, JobEndedError, ModelArchivedError, ModelNotTrainedError)


class EngineError(BaseModel):
    """An error."""

    error: ProblemOut = Field(description="What is wrong, and where.")


def error_body(error: PlatformError) -> JsonObject:
    """Say an error in the platform's own words, without the moment; where a model stands in this face's."""
    said = standard_body(error)["error"]
    if isinstance(error, WrongStateError) and error.noun == "model" and error.state in STATE_WORDS:
        said |= {"details": said["details"] | {"status": [f"The model is {STATE_WORDS[error.state]}."]}}
    return {"error": said | {"code": "CONFLICT"} if isinstance(error, CONFLICTS) else said}


FACE: Final = Face(
    name="ai_engine",
    title="AI Engine",
    prefixes=("/v1/ai",),
    error_body=error_body,
    error_model=EngineError,
    statuses={ErrorKind.INVALID: 422},
    conflicts=CONFLICTS,
    access=Access.CLOSED,
    nouns={
        "datasets": "Your own candles, texts and tables: sent, checked, appended to, used wherever a symbol is.",
        "candles": "What was traded at which prices: candles of a symbol, yours first, in a window of time.",
        "models": "Models by type, features and target: created, trained on a dataset, followed, deleted.",
        "predictions": "Predictions of models, kept: answered at once, scored when their time has come, in batches over a dataset.",
        "rl-environments": "Markets in which agents learn to trade, the agents, and how they do on other data.",
        "experiments": "Searches for the best parameters, trial by trial, with what they prove out of sample.",
        "registry": "Versions of models by name: registered, compared, promoted, rolled back.",
        "feature-importance": "What the features of a model are worth to it.",
        "jobs": "Your jobs of every kind: listed, shown with what they belong to, cancelled.",
        "hyperparameter-tuning": "A model's parameters tuned on a dataset.",
    },
)
# Whoever may train may look at what is trained on.
Reader = Annotated[Caller, needs(Scope.READ, Scope.TRAIN)]
Trainer = Annotated[Caller, needs(Scope.TRAIN)]


def _dataset_id(text: str) -> str:
    if not is_id(text, prefix="dataset") and text not in PACKAGED and not is_live(text):
        raise DatasetNotFoundError(text)
    return text


ModelId = Annotated[str, id_of("model", ModelNotFoundError), Path(description="The model's id.", examples=[MODEL_ID])]
JobId = Annotated[str, id_of("job", JobNotFoundError), Path(description="The job's id.", examples=[JOB_ID])]
DatasetId = Annotated[str, AfterValidator(_dataset_id), Path(description="The dataset's id.", examples=[DATASET_ID])]
CSV_EXAMPLE: Final = "time,open,high,low,close,volume\n2026-01-02T14:30:00Z,10,11,9.5,10.5,1200\n"
NO_DATASET: Final = DatasetNotFoundError(DATASET_ID)
NO_SUCH_PART: Final = refused(
    FACE, InvalidError("The list cannot be paged like this.", details={"limit": ["Must be a whole number from 1 to 100."]})
)
