"""Model Builder's predictions: what a registered model says of texts."""

from typing import Annotated, Any, Final

import orjson
from pydantic import ConfigDict, Field, StrictBool, StrictStr

from libs.chassis.errors import InvalidError
from libs.contracts.text_predictions import EXPLAINED_MOST, TEXTS_MOST
from modelbourse.answers.texts import LabelledTexts
from services.gateway.domain.models.errors import ModelNotTrainedError
from services.gateway.domain.predictions.texts import NAMES, TextModelNotFoundError, TextReference, TextServable
from services.gateway.domain.registry.errors import NotInProductionError
from services.gateway.domain.registry.reference import STAGE_WORDS
from services.gateway.domain.registry.version import STATUSES
from services.gateway.inbound.faces.model_builder.envelope import make_routes
from services.gateway.inbound.faces.model_builder.face import FACE, Predictor
from services.gateway.inbound.faces.model_builder.words import VersionWord
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.usecases.predictions.predict_texts import PredictTexts

EXAMPLE: Final[dict[str, Any]] = {"model": "models:/sentiment-model/Production", "texts": ["ACME's profit surges"], "explain": True}
STAGES: Final = {status: word for word, status in STAGE_WORDS.items()}
LABELLED: Final = "Texts labelled"
TOO_MANY: Final = InvalidError("The texts cannot be read: see the details.", details={"texts": ["Must be 1 to 256 texts; these are 300."]})
Use = Annotated[PredictTexts, used(PredictTexts)]
routes = make_routes("predictions")


class PredictTextsIn(StrictBody):
    """Texts, and which version of which model is to label them."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]}, protected_namespaces=())

    model: StrictStr = Field(min_length=1, max_length=200, description=NAMES)
    version: VersionWord | None = Field(
        None, max_length=40, description="Of a name in the registry its number (`3`), of an experiment its version (`1.2`)."
    )
    stage: StrictStr | None = Field(None, max_length=20, description="In place of a version: None, Staging, Production or Archived.")
    texts: list[StrictStr] = Field(description=f"1 to {TEXTS_MOST} texts, with `explain` at most {EXPLAINED_MOST}.")
    explain: StrictBool = Field(default=False, description="Whether what each word contributed is told, too.")


@routes.post(
    "/predict",
    summary="Label texts",
    response_description=LABELLED,
    responses=refused(FACE, TextModelNotFoundError("news"), ModelNotTrainedError("draft"), NotInProductionError("news"), TOO_MANY, 504),
)
async def predict_texts(body: PredictTextsIn, caller: Predictor, use: Use) -> LabelledTexts:
    """Each text's label with the probabilities of all, and a score of sentiment from -1 to 1."""
    reference = TextReference(body.model, body.version, body.stage)
    servable, said = await use(reference, account_id=caller.account_id, texts=body.texts, explain=body.explain)
    return labelled(servable, said)


def labelled(servable: TextServable, said: bytes) -> LabelledTexts:
    """Return what inference has answered, with the model that has."""
    about = {"model": servable.name, "model_id": servable.model_id, "stage": STAGES[STATUSES[servable.stage]]}
    return LabelledTexts.model_validate(orjson.loads(said) | about)
