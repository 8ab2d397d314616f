"""Reading a model's configuration from a request: every problem at once, by field, in words that say what is allowed."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StrictStr, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.gateway import Stage
from libs.contracts.retraining import Retrain
from libs.contracts.training import TrainingSpec
from libs.contracts.training_config import CheckedConfig
from libs.market.own import OwnCatalogue
from modelbourse.answers.models import ModelType as ModelTypeName
from modelbourse.answers.models import StageName
from services.gateway.domain.models.check_features import FEATURES_MOST
from services.gateway.domain.models.check_retrain import check_retrain
from services.gateway.domain.models.check_spec import HYPERPARAMETERS, AskedSpec, check_spec
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.schedule import with_retrain
from services.gateway.domain.models.version import ALIAS, RESERVED, check_alias
from services.gateway.domain.problems import Problems, type_problems
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_studio.words import MODEL_TYPE_WORDS, MODEL_TYPES
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.hyperparameters import HyperparametersIn
from services.gateway.usecases.models.model_draft import ModelDraft

# Where else a field of a model's configuration may belong, by its name.
INNER: Final = HYPERPARAMETERS | {name: f"training_config.{name}" for name in CheckedConfig.model_fields}
INNER_OF_CHANGE: Final = {name: path for name, path in INNER.items() if name != "retrain"}
NAME: Final = "What it is called, for people."
PURPOSE: Final = "What it is for, for people; lines may break."
TYPE: Final = "What it learns: the signal to act on, the return to come, or the course of the price."
ALGORITHM: Final = "See `GET /api/ai-studio/algorithms/`."
TARGET: Final = "`signal_type` (the default of a classifier), `forward_return` (of a regression) or `close` (of a time series)."
FEATURES: Final = "See `GET /api/ai-studio/features/`; of your own candles also their further columns, by name."
PARAMETERS: Final = "Those of the algorithm, by the library's own names; see `GET /api/ai-studio/algorithms/`."
RETRAIN: Final = "How it is retrained by itself: `training_config.retrain`, which can change without training it anew."
CONFIG: Final = "Which candles it learns from, and how it is judged."
EXAMPLE: Final[dict[str, Any]] = {
    "name": "AAPL and MSFT momentum",
    "description": "Momentum and mean reversion on two large technology shares",
    "model_type": "CLASSIFICATION",
    "algorithm": "RANDOM_FOREST",
    "target_variable": "signal_type",
    "features": ["rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio"],
    "hyperparameters": {"n_estimators": 100, "max_depth": 10, "min_samples_split": 5, "random_state": 42},
    "training_config": {
        "symbols": ["AAPL", "MSFT"],
        "start_date": "2005-01-01",
        "end_date": "2012-12-31",
        "train_test_split": 0.8,
        "cross_validation_folds": 5,
    },
}
INVALID: Final = "Invalid model configuration"
TEXTS: Final = frozenset({"name", "description"})
# What of a model that is no draft can change.
LASTING: Final = TEXTS | {"retrain"}
UNCHANGED: Final = "The version cannot be changed like this"
CHANGE: Final[dict[str, Any]] = {"name": "Renamed", "hyperparameters": {"n_estimators": 150}}


class TrainingConfigIn(CheckedConfig):
    """Data, split, labels and costs of a training; all but the symbols has a default. See `GET /api/ai-studio/symbols/`."""


# Shown alone: what is wrong in them is said by what knows the algorithm (`check_algorithm`) and the symbols.
AlgorithmIn = Annotated[StrictStr, WithJsonSchema({"type": "string", "enum": list(ALGORITHMS)})]
# ALIAS has the length, too; a bound of its own is read by those who generate clients.
Alias = Annotated[
    StrictStr,
    AfterValidator(check_alias),
    WithJsonSchema({"type": "string", "maxLength": 50, "pattern": f"^{ALIAS.pattern}$", "not": {"pattern": f"^({RESERVED.pattern})$"}}),
]
ConfigIn = Annotated[dict[str, Any], ShownAs(TrainingConfigIn)]
RetrainIn = Annotated[dict[str, Any], ShownAs(Retrain)]


class ModelIn(BaseModel):
    """A new model's configuration. Unknown keys are refused: a typo here would cost money or mislead."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: StrictStr = Field(min_length=1, max_length=200, description=NAME)
    description: StrictStr = Field("", max_length=5000, description=PURPOSE)
    model_type: ModelTypeName = Field(description=TYPE)
    algorithm: AlgorithmIn = Field(description=ALGORITHM)
    target_variable: StrictStr = Field("", description=TARGET)
    features: list[StrictStr] = Field(min_length=1, max_length=FEATURES_MOST, description=FEATURES)
    hyperparameters: HyperparametersIn = Field(default_factory=dict, description=PARAMETERS)
    training_config: ConfigIn = Field(description=CONFIG)


class Patch(BaseModel):
    """What is to change. What is not is left out: null is refused (`nulls`), and not documented, but for the fields in `nullable`."""

    model_config = ConfigDict(extra="forbid")
    nullable: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of what is taken: None, which stands for what is left out, is neither a default nor a value of its fields."""
        reference = handler(core_schema)
        for name, field in handler.resolve_ref_schema(reference)["properties"].items():
            del field["default"]
            if name not in cls.nullable:
                taken = [each for each in field.pop("anyOf") if each != {"type": "null"}]
                field.update(taken[0] if len(taken) == 1 else {"anyOf": taken})
        return reference


class ModelPatch(Patch):
    """What is to change: name, description and `retrain` (null: it is retrained no more), of a draft all else.

    `hyperparameters`, `training_config` and `retrain` are replaced as a whole.
    """

    nullable = frozenset({"retrain"})
    model_config = ConfigDict(json_schema_extra={"examples": [CHANGE]})

    name: StrictStr | None = Field(None, min_length=1, max_length=200, description=NAME)
    description: StrictStr | None = Field(None, max_length=5000, description=PURPOSE)
    model_type: ModelTypeName | None = Field(None, description=TYPE)
    algorithm: AlgorithmIn | None = Field(None, description=ALGORITHM)
    target_variable: StrictStr | None = Field(None, description=TARGET)
    features: list[StrictStr] | None = Field(None, min_length=1, max_length=FEATURES_MOST, description=FEATURES)
    hyperparameters: HyperparametersIn | None = Field(None, description=PARAMETERS)
    training_config: ConfigIn | None = Field(None, description=CONFIG)
    retrain: RetrainIn | None = Field(None, description=RETRAIN)


class VersionPatch(Patch):
    """What of a version is to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stage": "production", "aliases": ["champion"]}]})

    stage: StageName | None = Field(None, description="`production` serves; what was there before is archived.")
    aliases: list[Alias] | None = Field(None, max_length=10, description="All that it is to have: each leaves the version that had it.")


def read_model(body: Any, *, synthetic_allowed: bool, own: OwnCatalogue) -> ModelDraft:
    """Return the draft that a request asks for; `own` are the caller's own candles. Raise InvalidError with all problems."""
    return _draft(read_object(body), synthetic_allowed=synthetic_allowed, own=own)


def read_change(body: Any, *, model: Model, synthetic_allowed: bool, own: OwnCatalogue) -> ModelDraft:
    """Return what a model becomes by a patch.

    Raise NotADraftError for more than its texts and its retraining, or InvalidError with all problems.
    """
    change = read_object(body)
    if change.keys() & ModelPatch.model_fields.keys() - LASTING:
        model.check_draft()
    problems = type_problems(ModelPatch, change, elsewhere=INNER_OF_CHANGE) | nulls(change, of=ModelPatch, but=ModelPatch.nullable)
    texts = {"name": model.name, "description": model.description} | {name: change[name] for name in change if name != "retrain"}
    if change.keys() <= LASTING:  # Its configuration may be none that would be allowed today: it is not looked at.
        spec, wrong = _retrained(model, change)
        if problems := problems or _with_text_problems(problems, texts) | wrong:
            raise not_like_this(INVALID, problems)
        return ModelDraft(texts["name"].strip(), texts["description"].strip(), spec)
    if problems:
        raise not_like_this(INVALID, problems)
    spec = model.market
    known = {
        "model_type": MODEL_TYPE_WORDS[spec.model_type],
        "algorithm": spec.algorithm,
        "target_variable": spec.target_variable,
        "features": list(spec.features),
        "hyperparameters": spec.hyperparameters,
        "training_config": spec.training_config,
    }
    whole = known | texts
    if "retrain" in change and isinstance(whole["training_config"], Mapping):
        whole["training_config"] = {**whole["training_config"], "retrain": change["retrain"]}
    return _draft(whole, synthetic_allowed=synthetic_allowed, own=own)


def _retrained(model: Model, change: Mapping[str, Any]) -> tuple[TrainingSpec, Problems]:
    """Return the model's spec as it is retrained after the change, and what is wrong with that."""
    given, spec = change.get("retrain"), model.market
    if given is None:
        return with_retrain(spec, None) if "retrain" in change else spec, {}
    read, problems = check_retrain(given, model_type=spec.model_type, end_date=spec.training_config.get("end_date"))
    if "end_date" in problems:  # No field of this request.
        problems["retrain"] = [*problems.get("retrain", []), *problems.pop("end_date")]
    return spec if read is None else with_retrain(spec, read), problems


def read_stage(body: Any) -> tuple[Stage | None, list[str] | None]:
    """Return the stage and the aliases that a version is to have, None for what stays. Raise InvalidError with all problems."""
    given = read_body(VersionPatch, body, what=UNCHANGED)
    if problems := nulls(given, of=VersionPatch) if given else {"body": ["Must have stage, aliases or both."]}:
        raise not_like_this(UNCHANGED, problems)
    return Stage(given["stage"]) if "stage" in given else None, given.get("aliases")


def nulls(change: Mapping[str, Any], *, of: type[BaseModel], but: frozenset[str] = frozenset()) -> Problems:
    """Return what is wrong with the fields of a patch that are null, `but` those that may be: what is not to change is left out."""
    refused = of.model_fields.keys() - but
    return {name: ["Must not be null."] for name, value in change.items() if value is None and name in refused}


def read_body(schema: type[BaseModel], body: Any, *, what: str) -> dict[str, Any]:
    """Return the body as it was given. Raise InvalidError with all problems; `what` says what cannot be done with them."""
    given = read_object(body)
    if problems := type_problems(schema, given):
        raise not_like_this(what, problems)
    return given


def not_like_this(what: str, problems: Problems) -> InvalidError:
    """Return the refusal of a body: what cannot be done with it, and what is wrong, by field."""
    return InvalidError(f"{what}: see {', '.join(list(problems)[:5])}.", details=problems)


def read_object(body: Any) -> dict[str, Any]:
    """Return the body. Raise InvalidError when it is no JSON object."""
    if not isinstance(body, dict):
        msg = "The request's body must be a JSON object."
        raise InvalidError(msg, details={"body": ["Must be a JSON object."]})
    return body


def _draft(body: Mapping[str, Any], *, synthetic_allowed: bool, own: OwnCatalogue) -> ModelDraft:
    problems = type_problems(ModelIn, body, elsewhere=INNER)
    spec, wrong = check_spec(_asked(body, unread=problems), synthetic_allowed=synthetic_allowed, own=own)
    problems = _with_text_problems(problems, body) | wrong
    if problems or spec is None:
        raise not_like_this(INVALID, problems)
    return ModelDraft(name=body["name"].strip(), description=str(body.get("description", "")).strip(), spec=spec)


def _with_text_problems(problems: Problems, texts: Mapping[str, Any]) -> Problems:
    found = {} if "name" in problems else name_problems(texts["name"])
    if isinstance(text := texts.get("description"), str) and (problem := text_problem(text, needed=False, lines=True)):
        found["description"] = [*problems.get("description", []), problem]
    return problems | found


def _asked(body: Mapping[str, Any], *, unread: Problems) -> AskedSpec:
    """Return what is asked for; `unread` has the fields that are no JSON as they should be."""
    whole = {"target_variable": "", "hyperparameters": {}, **body}
    without = {*unread, *("features" for field in unread if field.startswith("features."))}
    given = {name: value for name, value in whole.items() if name not in without}
    return AskedSpec(
        model_type=MODEL_TYPES[given["model_type"]] if "model_type" in given else None,
        algorithm=given.get("algorithm"),
        target_variable=given.get("target_variable"),
        features=given.get("features"),
        hyperparameters=given.get("hyperparameters"),
        training_config=given.get("training_config"),
    )


def name_problems(name: str, *, field: str = "name") -> Problems:
    """Return what is wrong with a name that people read."""
    problem = text_problem(name)
    return {field: [problem]} if problem else {}
