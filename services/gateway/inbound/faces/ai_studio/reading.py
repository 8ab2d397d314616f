"""Reading a model's configuration from a request: every problem at once, by field, in words that say what is allowed."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError, WithJsonSchema

from libs.chassis.errors import InvalidError
from libs.contracts.algorithms import ALGORITHMS, check_algorithm, check_hyperparameters
from libs.contracts.names import nearest, suggestion
from libs.contracts.problems import first_problems
from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.training_config import SYMBOLS_MOST, TrainingConfig
from libs.contracts.workers import check_workers
from libs.market.catalogue import check_range, check_symbol
from libs.market.windows import common_days
from libs.quant.grammar import parse_feature
from modelbourse.answers.models import ModelType as ModelTypeName
from services.gateway.domain.models.model import Model
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_studio.words import MODEL_TYPE_WORDS, MODEL_TYPES
from services.gateway.inbound.http.dates import is_date
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.errors import field_of
from services.gateway.inbound.http.problem_words import words_of
from services.gateway.usecases.models.model_draft import ModelDraft

Problems = dict[str, list[str]]
NOWHERE: Final[Mapping[str, str]] = {}
# Where else a field of a model's configuration may belong, by its name.
HYPERPARAMETERS: Final = {name: f"hyperparameters.{name}" for each in ALGORITHMS.values() for name in each.hyperparameters}
INNER: Final = HYPERPARAMETERS | {name: f"training_config.{name}" for name in TrainingConfig.model_fields}
TARGET_OF: Final = {ModelType.CLASSIFICATION: "signal_type", ModelType.REGRESSION: "forward_return", ModelType.TIME_SERIES: "close"}
NUMBERS: Final = (
    "train_test_split", "cross_validation_folds", "horizon", "barrier", "commission", "slippage", "borrow_rate", "num_workers",
)  # fmt: skip
SHOWN: Final = 60
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
CHANGE: Final[dict[str, Any]] = {"name": "Renamed", "hyperparameters": {"n_estimators": 150}}


class TrainingConfigIn(TrainingConfig):
    """Data, split, labels and costs of a training; all but the symbols has a default. See `GET /api/ai-studio/symbols/`."""


# Shown alone: what is wrong in them is said by what knows the algorithm (`check_algorithm`) and the symbols.
AlgorithmIn = Annotated[StrictStr, WithJsonSchema({"type": "string", "enum": list(ALGORITHMS)})]
ConfigIn = Annotated[dict[str, Any], ShownAs(TrainingConfigIn)]


class ModelIn(BaseModel):
    """A new model's configuration. Unknown keys are refused: a typo here would cost money or mislead."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: StrictStr = Field(min_length=1, max_length=200)
    description: StrictStr = Field("", max_length=5000)
    model_type: ModelTypeName
    algorithm: AlgorithmIn = Field(description="See `GET /api/ai-studio/algorithms/`.")
    target_variable: StrictStr = Field(
        "", description="`signal_type` (the default of a classifier), `forward_return` (of a regression) or `close` (of a time series)."
    )
    features: list[StrictStr] = Field(min_length=1, max_length=50, description="See `GET /api/ai-studio/features/`.")
    hyperparameters: dict[str, Any] = Field(
        default_factory=dict, description="The library's own names; see `GET /api/ai-studio/algorithms/`."
    )
    training_config: ConfigIn


class ModelPatch(BaseModel):
    """What of a draft is to change; `hyperparameters` and `training_config` are replaced as a whole."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CHANGE]})

    name: StrictStr | None = Field(None, min_length=1, max_length=200)
    description: StrictStr | None = Field(None, max_length=5000)
    model_type: ModelTypeName | None = None
    algorithm: AlgorithmIn | None = None
    target_variable: StrictStr | None = None
    features: list[StrictStr] | None = Field(None, min_length=1, max_length=50)
    hyperparameters: dict[str, Any] | None = None
    training_config: ConfigIn | None = None


def read_model(body: Any, *, synthetic_allowed: bool) -> ModelDraft:
    """Return the draft that a request asks for. Raise InvalidError with all problems."""
    return _draft(read_object(body), schema=ModelIn, synthetic_allowed=synthetic_allowed)


def read_change(body: Any, *, model: Model, synthetic_allowed: bool) -> ModelDraft:
    """Return what a draft becomes by a patch. Raise InvalidError with all problems."""
    change = read_object(body)
    problems = type_problems(ModelPatch, change, elsewhere=INNER)
    problems |= {name: ["Must not be null."] for name, value in change.items() if value is None and name in ModelPatch.model_fields}
    if problems:
        raise _invalid(problems)
    spec = model.spec
    known = {
        "name": model.name,
        "description": model.description,
        "model_type": MODEL_TYPE_WORDS[spec.model_type],
        "algorithm": spec.algorithm,
        "target_variable": spec.target_variable,
        "features": list(spec.features),
        "hyperparameters": spec.hyperparameters,
        "training_config": spec.training_config,
    }
    return _draft(known | change, schema=ModelIn, synthetic_allowed=synthetic_allowed)


def type_problems(schema: type[BaseModel], body: Mapping[str, Any], *, elsewhere: Mapping[str, str] = NOWHERE) -> Problems:
    """Return what pydantic finds, in plain words, and unknown keys with the nearest known one.

    `elsewhere` has the paths of fields that are known in other objects of the same body, by name.
    """
    known = schema.model_fields
    problems: Problems = {}
    try:
        # Without unknown keys: pydantic would make an error of each, however many there are.
        schema.model_validate({name: value for name, value in body.items() if name in known})
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            problems.setdefault(field_of(problem["loc"]) or "body", []).append(words_of(problem))
    unknown = [name for name in body if name not in known]
    return problems | first_problems(unknown, lambda name: (field_of([name]), _unknown(name, known, elsewhere)))


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


def _draft(body: Mapping[str, Any], *, schema: type[BaseModel], synthetic_allowed: bool) -> ModelDraft:
    problems = type_problems(schema, body, elsewhere=INNER)
    if "name" not in problems:
        problems |= name_problems(body["name"])
    if isinstance(text := body.get("description"), str) and (wrong := text_problem(text, needed=False, lines=True)):
        problems["description"] = [*problems.get("description", []), wrong]
    if not any(field == "features" or field.startswith("features.") for field in problems):
        problems |= _feature_problems(body["features"])
    kind = MODEL_TYPES[body["model_type"]] if "model_type" not in problems else None
    target = body.get("target_variable") or (TARGET_OF[kind] if kind else "")
    problems |= _learner_problems(body, kind=kind, target=target, known=problems)
    config: TrainingConfig | None = None
    if "training_config" not in problems:
        config, more = _read_config(body["training_config"], synthetic_allowed=synthetic_allowed)
        problems |= more
    if config and isinstance(body.get("algorithm"), str):
        problems |= check_workers(body["algorithm"], num_workers=config.num_workers)
    if problems or kind is None or config is None:
        raise _invalid(problems)
    spec = TrainingSpec(
        model_type=kind,
        algorithm=body["algorithm"],
        target_variable=target,
        features=tuple(body["features"]),
        hyperparameters=dict(body.get("hyperparameters", {})),
        training_config=config.model_dump(mode="json", exclude_none=True),
    )
    return ModelDraft(name=body["name"].strip(), description=str(body.get("description", "")).strip(), spec=spec)


def _learner_problems(body: Mapping[str, Any], *, kind: ModelType | None, target: str, known: Problems) -> Problems:
    """Check algorithm, target and hyperparameters as far as they can be read; without a known type, each by itself."""
    problems: Problems = {}
    if "algorithm" in known:
        return problems
    algorithm = body["algorithm"]
    if kind and "target_variable" not in known:
        problems |= check_algorithm(algorithm, model_type=kind, target_variable=target)
    if not {"algorithm", "hyperparameters"} & {*known, *problems}:
        problems |= check_hyperparameters(algorithm, body.get("hyperparameters", {}), model_type=kind)
    return problems


def name_problems(name: str, *, field: str = "name") -> Problems:
    """Return what is wrong with a name that people read."""
    problem = text_problem(name)
    return {field: [problem]} if problem else {}


def _feature_problems(names: list[str]) -> Problems:
    problems: list[str] = []
    seen: dict[str, str] = {}
    for name in names:
        try:
            feature = parse_feature(name)
        except InvalidError as error:
            problems.append(error.message)
            continue
        if feature.canonical in seen:
            problems.append(f"'{name[:SHOWN]}' is the same feature as '{seen[feature.canonical][:SHOWN]}'.")
        seen.setdefault(feature.canonical, name)
    return {"features": problems} if problems else {}


def _read_config(given: Mapping[str, Any], *, synthetic_allowed: bool) -> tuple[TrainingConfig | None, Problems]:
    problems = {
        ("training_config" if field == "body" else f"training_config.{field}"): texts for field, texts in _config_problems(given).items()
    }
    wrong = {field.split(".")[1] for field in problems if "." in field}
    # Symbols are looked at even when something else is wrong: every problem is told at once.
    if "symbols" not in wrong and isinstance(given.get("symbols"), list):
        allowed = given["synthetic"] == "allow" if given.get("synthetic") and "synthetic" not in wrong else synthetic_allowed
        readable = {name: given[name] for name in ("timeframe", "start_date", "end_date") if given.get(name) and name not in wrong}
        problems |= _symbol_problems(given["symbols"], readable, synthetic_allowed=allowed)
    return (None if problems else TrainingConfig.model_validate(given)), problems


def _symbol_problems(symbols: list[str], window: Mapping[str, str], *, synthetic_allowed: bool) -> Problems:
    problems: Problems = {}
    start, end = (date.fromisoformat(window[name]) if name in window else None for name in ("start_date", "end_date"))
    timeframe = window.get("timeframe", "1d")
    for symbol in symbols:
        with _noted(problems):
            instrument = check_symbol(symbol, synthetic_allowed=synthetic_allowed)
            check_range(instrument, timeframe=timeframe, start=start, end=end)
    in_order = start is None or end is None or start <= end
    if symbols and in_order and not problems:
        # Whatever the window is: symbols that never trade at one time cannot all be learned from and tested on.
        with _noted(problems):
            common_days(symbols, timeframe=timeframe, start=start, end=end)
    return problems


@contextmanager
def _noted(problems: Problems) -> Iterator[None]:
    """Add what is refused inside to the problems, each text once a field."""
    try:
        yield
    except InvalidError as error:
        for field, texts in error.details.items():
            known = problems.setdefault(f"training_config.{field}", [])
            known += [text for text in texts if text not in known]


def _config_problems(given: Mapping[str, Any]) -> Problems:
    # Stricter than pydantic, which takes true for 1 and "0.8" for 0.8.
    problems = {name: ["Must be a number."] for name in NUMBERS if isinstance(given.get(name), bool | str)}
    for name in ("start_date", "end_date"):
        if (text := given.get(name)) is not None and not is_date(text):
            problems[name] = ["Must be a date such as 2012-12-31."]
    symbols = given.get("symbols")
    if isinstance(symbols, list) and len(symbols) > SYMBOLS_MOST:
        problems["symbols"] = [f"Must have at most {SYMBOLS_MOST} symbols."]
        given = {**given, "symbols": symbols[:SYMBOLS_MOST]}
    return {**type_problems(TrainingConfig, given, elsewhere=HYPERPARAMETERS), **problems}


def _unknown(name: str, known: Collection[str], elsewhere: Mapping[str, str]) -> str:
    near = nearest(name, [*known, *elsewhere], most=1)
    hint = suggestion([elsewhere.get(each, each) for each in near]) or f" Known fields: {', '.join(known)}."
    return f"Unknown field '{name[:SHOWN]}'.{hint}"


def _invalid(problems: Problems) -> InvalidError:
    fields = ", ".join(list(problems)[:5])
    return InvalidError(f"Invalid model configuration: see {fields}.", details=problems)
