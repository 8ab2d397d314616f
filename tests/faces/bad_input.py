"""Bad bodies for AI Studio and the exact answers they get: data for the table test."""

from dataclasses import dataclass
from typing import Any, Final

from libs.market.catalogue import INSTRUMENTS
from tests.gateway.studio.world import new_model

MODELS, JOBS = "/models/", "/training-jobs/"
DRAFT, TRAINED, JOB = "/models/{draft}/", "/models/{trained}/", "/training-jobs/{ended}/"
VERSION = "/models/{trained}/versions/1.0/"
TRAIN, PREDICT = "/models/{draft}/train/", "/models/{trained}/predict/"
ROW: Final = {"rsi_14": 50.0, "macd_signal": 0.1}
HUGE: Final = "x" * 5000
NO_ID: Final = "model_00000000000000000000000000"
TOO_LARGE: Final = "The request's body is too large; at most 1000000 bytes are read."
NO_CREDENTIAL: Final = "Credentials are required: send the header `Authorization: Bearer <token or API key>`."
EXPIRED: Final = "The token has expired; refresh it or log in again."
NOT_VALID: Final = "The token is not valid."


@dataclass(frozen=True)
class Bad:
    """One request. `text` must stand in the details of `field`; it is the whole message where there is no field, or `whole` says so."""

    name: str
    method: str
    path: str
    body: Any = None
    status: int = 400
    code: str = "VALIDATION_ERROR"
    field: str | None = None
    text: str = ""
    whole: bool = False
    raw: bytes | None = None
    token: str = "ada"
    content_type: str = "application/json"


def create(name: str, field: str, text: str, /, **changes: Any) -> Bad:
    """A bad request for a new model."""
    return Bad(name, "POST", MODELS, new_model(**changes), field=field, text=text)


def config(name: str, field: str, text: str, /, **changes: Any) -> Bad:
    """A bad training configuration."""
    given = new_model()["training_config"] | changes
    return create(name, f"training_config.{field}" if field else "training_config", text, training_config=given)


def tuned(name: str, text: str, /, **changes: Any) -> Bad:
    """Bad hyperparameters."""
    return create(name, "hyperparameters", text, hyperparameters=changes)


def raw(name: str, body: bytes, field: str, text: str, *, path: str = MODELS, content_type: str = "application/json") -> Bad:
    """A body that is no JSON object as it should be."""
    return Bad(name, "POST", path, raw=body, field=field, text=text, content_type=content_type)


def predict(name: str, field: str, text: str, /, **body: Any) -> Bad:
    """A bad request for predictions."""
    return Bad(name, "POST", PREDICT, body, field=field, text=text)


def query(name: str, path: str, field: str, text: str, *, status: int = 400) -> Bad:
    """A list that cannot be had like this."""
    return Bad(name, "GET", path, status=status, code="VALIDATION_ERROR" if status == 400 else "RESOURCE_NOT_FOUND", field=field, text=text)


def denied(name: str, token: str, text: str, *, method: str = "GET", path: str = MODELS) -> Bad:
    """A request without a good credential."""
    return Bad(name, method, path, {} if method == "POST" else None, status=401, code="AUTHENTICATION_ERROR", text=text, token=token)


def missing(name: str, method: str, path: str, text: str, body: Any = None) -> Bad:
    """A request about something that is not there, or not the caller's."""
    return Bad(name, method, path, body, status=404, code="RESOURCE_NOT_FOUND", text=text)


def many(name: str) -> dict[str, int]:
    """More keys than anybody reads, as many as fit into a body."""
    return {f"{name}{number}": 1 for number in range(40_000)}


NAMES: Final = [
    Bad("nothing at all", "POST", MODELS, {}, field="features", text="This field is required"),
    create("name is null", "name", "valid string", name=None),
    create("name is a number", "name", "valid string", name=7),
    create("name is empty", "name", "at least 1 character", name=""),
    create("name is blank", "name", "visible character", name=" \t "),
    create("name is huge", "name", "at most 200 characters", name=HUGE),
    create("name has a control character", "name", "control characters", name="a\x1bb"),
    create("description is huge", "description", "at most 5000 characters", description=HUGE + "x"),
    create("description is a list", "description", "valid string", description=["x"]),
    create("unknown field", "hyperparams", "Did you mean 'hyperparameters'?", hyperparams={}),
    create("unknown field like no other", "zzz", "Known fields: name", zzz=1),
    create("unknown fields without end", "nam19", "… and 39980 more.", **many("nam")),
    create("hyperparameter out of place", "n_estimator", "Did you mean 'hyperparameters.n_estimators'?", n_estimator=100),
    create("symbols out of place", "symbols", "Did you mean 'training_config.symbols'?", symbols=["AAPL"]),
    create("model type misspelt", "model_type", "Did you mean 'CLASSIFICATION'?", model_type="CLASIFICATION"),
    create("model type is a list", "model_type", "Must be CLASSIFICATION", model_type=["CLASSIFICATION"]),
    create("a forest makes no time series", "algorithm", "algorithms that do: TFT, NHITS, DEEPAR", model_type="TIME_SERIES"),
    create("algorithm misspelt", "algorithm", "Did you mean 'RANDOM_FOREST'?", algorithm="RANDOM_FORREST"),
    create("algorithm is huge", "algorithm", "Unknown algorithm", algorithm=HUGE),
    create("algorithm for another type", "algorithm", "algorithms that do: RANDOM_FOREST", algorithm="RIDGE"),
    create("target of another type", "target_variable", "signal_type", target_variable="forward_return"),
    create("target misspelt", "target_variable", "Did you mean 'signal_type'?", target_variable="signal_typ"),
]
FEATURES: Final = [
    create("no features", "features", "at least 1 item", features=[]),
    create("features is a string", "features", "Must be a list.", features="rsi_14"),
    create("a feature is a number", "features.1", "valid string", features=["rsi_14", 14]),
    create("too many features", "features", "at most 50 items", features=[f"rsi_{n}" for n in range(2, 60)]),
    create("feature misspelt", "features", "Did you mean 'rsi_14'?", features=["rsi14"]),
    create("feature twice", "features", "same feature as", features=["volume_ma_ratio", "volume_ma_ratio_20"]),
    create("feature out of range", "features", "allowed is 2 to 500", features=["rsi_0"]),
    create("feature is huge", "features", "There is no feature", features=[HUGE]),
]
LEARNING: Final = [
    create("hyperparameters is a list", "hyperparameters", "Must be an object.", hyperparameters=[]),
    tuned("no trees", "'n_estimators': must be a positive integer", n_estimators=0),
    tuned("half a tree", "must be a positive integer", n_estimators=1.5),
    tuned("trees in a string", "must be a positive integer", n_estimators="100"),
    tuned("true trees", "must be a positive integer", n_estimators=True),
    tuned("too many trees", "between 1 and 2000", n_estimators=10**9),
    tuned("hyperparameter misspelt", "Did you mean 'n_estimators'?", n_estimator=100),
    tuned("hyperparameter's value misspelt", "Did you mean 'gini'?", criterion="ginny"),
    tuned("hyperparameter of the platform", "is set by the platform", n_jobs=8),
    Bad(
        "an object as hyperparameter",
        "POST",
        MODELS,
        new_model(hyperparameters={"max_depth": {"a": 1}}),
        field="hyperparameters",
        text="Invalid parameter 'max_depth': must be a positive integer between 1 and 32",
        whole=True,
    ),
    tuned("hyperparameters without end", "… and 39980 more.", **many("max_depth")),
]
CONFIG: Final = [
    create("no training_config", "training_config", "Must be an object.", training_config=None),
    config("no symbols", "symbols", "at least 1 item", symbols=[]),
    config("symbols is a string", "symbols", "Must be a list.", symbols="AAPL"),
    config("symbol misspelt", "symbols", "Did you mean 'AAPL'?", symbols=["APPL"]),
    config("symbol in lower case", "symbols", "Did you mean 'AAPL'?", symbols=["aapl"]),
    config("symbol unknown", "symbols", "Known are AAPL", symbols=["RELIANCE"]),
    Bad(
        "symbol is huge",
        "POST",
        MODELS,
        new_model(training_config=new_model()["training_config"] | {"symbols": [HUGE]}),
        field="training_config.symbols",
        text=f"There are no candles for '{HUGE[:40]}…', and generated ones are not allowed here. Known are {', '.join(INSTRUMENTS)}.",
        whole=True,
    ),
    config("symbols without end", "symbols", "at most 50", symbols=[1] * 100_000),
    config("a model that abstains is a number", "abstain_when", "Must be an object.", abstain_when=0.02),
    config("a model that abstains for nothing", "abstain_when", "Give quality_below", abstain_when={}),
    config("it abstains below no quality", "abstain_when.quality_below", "greater than 0", abstain_when={"quality_below": 0}),
    config("it abstains below more than all", "abstain_when.quality_below", "less than or equal to 1", abstain_when={"quality_below": 2}),
    config("a quality in a string", "abstain_when.quality_below", "valid number", abstain_when={"quality_below": "0.02"}),
    config("a quality that is true", "abstain_when.quality_below", "valid number", abstain_when={"quality_below": True}),
    config("an age before now", "abstain_when.age_bars_above", "greater than or equal to 0", abstain_when={"age_bars_above": -1}),
    config("half a bar", "abstain_when.age_bars_above", "valid integer", abstain_when={"age_bars_above": 2.5}),
    config(
        "a key of abstaining misspelt",
        "abstain_when.quality_bellow",
        "Unknown field 'quality_bellow'. Did you mean 'quality_below'?",
        abstain_when={"quality_bellow": 0.1},
    ),
    config("keys of abstaining without end", "abstain_when.age_bars19", "… and 39980 more.", abstain_when=many("age_bars")),
    config("symbol twice", "", "symbols must not repeat", symbols=["AAPL", "AAPL"]),
    config("start after end", "", "start_date must be before end_date", start_date="2012-12-31", end_date="2008-01-01"),
    config("dates after the data", "start_date", "from 2000-03-01 to 2013-03-01", start_date="2023-01-01", end_date="2024-12-31"),
    config("dates before the data", "end_date", "from 2000-03-01 to 2013-03-01", start_date="1980-01-01", end_date="1990-01-01"),
    config(
        "symbols of other years",
        "symbols",
        "There is no day on which every symbol has candles",
        symbols=["AAPL", "ZZTOP9"],
        start_date=None,
        end_date=None,
        synthetic="allow",
    ),
    config("window unknown", "window", "Must be common or union.", window="all"),
    config("borrow rate above all", "borrow_rate", "less than or equal to 1", borrow_rate=7),
    config("borrow rate in a string", "borrow_rate", "Must be a number", borrow_rate="0.1"),
    config("no such day", "start_date", "Must be a date such as", start_date="2010-02-30"),
    config("date with a time", "start_date", "Must be a date such as", start_date="2010-02-03T00:00:00Z"),
    config("date is a number", "end_date", "Must be a date such as", end_date=20121231),
    config("split of one", "train_test_split", "less than or equal to 0.95", train_test_split=1.0),
    config("split in a string", "train_test_split", "Must be a number", train_test_split="0.8"),
    config("one fold", "", "0 (none) or 2 to 10", cross_validation_folds=1),
    config("true folds", "cross_validation_folds", "Must be a number", cross_validation_folds=True),
    config("negative commission", "commission", "greater than or equal to 0", commission=-0.1),
    config("horizon without end", "horizon", "less than or equal to 100", horizon=10**12),
    config("timeframe that the symbol lacks", "timeframe", "AAPL has candles of 1d, not of 1h", timeframe="1h"),
    config("timeframe that no packaged symbol has", "timeframe", "AAPL has candles of 1d, not of 1w", timeframe="1w"),
    config("timeframe unknown", "timeframe", "Must be 1m, 5m, 15m, 30m, 1h, 4h, 1d or 1w", timeframe="2d"),
    config("hyperparameter in the wrong place", "max_dept", "Did you mean 'hyperparameters.max_depth'?", max_dept=5),
    config("config key misspelt", "symbls", "Did you mean 'symbols'?", symbls=["AAPL"]),
    config("config keys without end", "horizon19", "… and 39980 more.", **many("horizon")),
]
BODIES: Final = [
    raw("broken JSON", b'{"name": ', "body", "not JSON"),
    raw("not UTF-8", b'{"name": "\xff"}', "body", "not UTF-8"),
    raw("NaN", b'{"name": NaN}', "body", "NaN is not a JSON number"),
    raw("infinity", b'{"hyperparameters": {"n_estimators": 1e999}}', "body", "too large"),
    raw("NUL", b'{"name": "a\\u0000b"}', "body", "NUL"),
    raw("half a surrogate pair", b'{"name": "\\ud800"}', "body", "surrogate"),
    raw("a key twice", b'{"name": "a", "name": "b"}', "body", "twice"),
    raw("beyond 64 bits", b'{"hyperparameters": {"n_estimators": 99999999999999999999}}', "body", "64 bits"),
    raw("nested without end", b'{"a":' * 5000 + b"1" + b"}" * 5000, "body", "nested"),
    raw("a list", b"[]", "body", "JSON object"),
    raw("a form", b"name=x", "Content-Type", "application/json", content_type="application/x-www-form-urlencoded"),
    Bad("a huge body", "POST", MODELS, new_model(description="x" * 1_100_000), status=413, code="PAYLOAD_TOO_LARGE", text=TOO_LARGE),
]
TRAINING: Final = [
    Bad("priority misspelt", "POST", TRAIN, {"priority": "HIHG"}, field="priority", text="Did you mean 'HIGH'?"),
    Bad("job name is a number", "POST", TRAIN, {"job_name": 1}, field="job_name", text="valid string"),
    Bad("job name is blank", "POST", TRAIN, {"job_name": "  "}, field="job_name", text="visible"),
    Bad("job name is huge", "POST", TRAIN, {"job_name": HUGE}, field="job_name", text="at most 200"),
    Bad("train key misspelt", "POST", TRAIN, {"job_nam": "x"}, field="job_nam", text="Did you mean 'job_name'?"),
    Bad("train keys without end", "POST", TRAIN, many("job_name"), field="job_name19", text="… and 39980 more."),
    Bad("train with a list", "POST", TRAIN, [], field="body", text="JSON object"),
    Bad("change nothing's type", "PATCH", DRAFT, {"features": None}, field="features", text="Must not be null"),
    Bad("change an id", "PATCH", DRAFT, {"id": "x"}, field="id", text="Unknown field"),
    Bad("change what is trained", "PATCH", TRAINED, {"name": "x", "features": ["rsi_14"]}, field="status", text="COMPLETED"),
    Bad("rename what is trained to nothing", "PATCH", TRAINED, {"name": " "}, field="name", text="at least one visible character"),
    Bad("a stage misspelt", "PATCH", VERSION, {"stage": "prodution"}, field="stage", text="Did you mean 'production'?"),
    Bad("a stage in capitals", "PATCH", VERSION, {"stage": "PRODUCTION"}, field="stage", text="Did you mean 'production'?"),
    Bad("no stage", "PATCH", VERSION, {"stage": None}, field="stage", text="Must not be null."),
    Bad("stages misspelt", "PATCH", VERSION, {"stages": "production"}, field="stages", text="Did you mean 'stage'?"),
    Bad("stage nothing", "PATCH", VERSION, {}, field="body", text="stage, aliases or both"),
    Bad("an alias in capitals", "PATCH", VERSION, {"aliases": ["Champion"]}, field="aliases.0", text="lower-case letters"),
    Bad("an alias like a version", "PATCH", VERSION, {"aliases": ["ok", "v1"]}, field="aliases.1", text="means something else"),
    Bad("an alias that is no text", "PATCH", VERSION, {"aliases": [1]}, field="aliases.0", text="valid string"),
    Bad("an alias alone", "PATCH", VERSION, {"aliases": "champion"}, field="aliases", text="Must be a list."),
    Bad("too many aliases", "PATCH", VERSION, {"aliases": [f"a{n}" for n in range(11)]}, field="aliases", text="at most 10 items"),
    Bad("archive the last version", "PATCH", VERSION, {"stage": "archived"}, field="stage", text="left to serve"),
    Bad("stage a draft", "PATCH", "/models/{draft}/versions/1.0/", {"stage": "production"}, field="status", text="The model is DRAFT."),
    Bad("delete what is trained", "DELETE", TRAINED, field="status", text="COMPLETED"),
    Bad("cancel what has ended", "POST", f"{JOB}cancel/", field="status", text="COMPLETED"),
]
PREDICTING: Final = [
    predict("no symbols to predict", "symbols", "required"),
    predict("symbols to predict is a string", "symbols", "list of 1 to 100", symbols="AAPL"),
    predict("too many symbols", "symbols", "list of 1 to 100", symbols=[f"S{n}" for n in range(101)]),
    predict("symbol to predict twice", "symbols", "repeat", symbols=["AAPL", "AAPL"]),
    predict("symbol to predict is a number", "symbols", "string", symbols=[1]),
    predict("a huge symbol to predict", "symbols", "1 to 40", symbols=[HUGE]),
    predict("features is a list", "features", "object", symbols=["AAPL"], features=[]),
    predict("a feature is missing", "features.AAPL.macd_signal", "required", symbols=["AAPL"], features={"AAPL": {"rsi_14": 1}}),
    predict("a feature too many", "features.AAPL.rsi_15", "Did you mean", symbols=["AAPL"], features={"AAPL": ROW | {"rsi_15": 1}}),
    predict("a feature is a string", "features.AAPL.rsi_14", "number", symbols=["AAPL"], features={"AAPL": ROW | {"rsi_14": "1"}}),
    predict("a feature is null", "features.AAPL.rsi_14", "number", symbols=["AAPL"], features={"AAPL": ROW | {"rsi_14": None}}),
    predict("a feature beyond float32", "features.AAPL.rsi_14", "finite", symbols=["AAPL"], features={"AAPL": ROW | {"rsi_14": 1e200}}),
    predict("features without end", "features.AAPL.rsi_1417", "… and 39982 more.", symbols=["AAPL"], features={"AAPL": many("rsi_14")}),
    predict("features of nobodies", "features.AAPL19", "… and 39980 more.", symbols=["AAPL"], features=many("AAPL")),
    predict(
        "symbol to predict misspelt", "symbols", "There is no symbol 'APPL'. Did you mean 'AAPL'?", symbols=["APPL"], features={"APPL": ROW}
    ),
    predict("features of nobody", "features.MSFT", "not among the symbols", symbols=["AAPL"], features={"MSFT": ROW}),
    predict("predict key misspelt", "feature", "Did you mean 'features'?", symbols=["AAPL"], feature={}),
    predict("predict keys without end", "feature19", "Did you mean 'features'?", symbols=["AAPL"], **many("feature")),
    Bad("predict with a draft", "POST", "/models/{draft}/predict/", {"symbols": ["AAPL"]}, field="status", text="DRAFT"),
    raw("predict with broken JSON", b"{", "body", "not JSON", path=PREDICT),
    raw(
        "predict with NaN",
        b'{"symbols": ["AAPL"], "features": {"AAPL": {"rsi_14": NaN, "macd_signal": 1}}}',
        "features.AAPL.rsi_14",
        "finite",
        path=PREDICT,
    ),
    raw(
        "predict with NaN and a number of 400 digits",
        b'{"symbols": ["AAPL"], "features": {"AAPL": {"rsi_14": NaN, "macd_signal": ' + b"9" * 400 + b"}}}",
        "body",
        "beyond 64 bits",
        path=PREDICT,
    ),
    raw(
        "predict with NaN and half a character",
        b'{"symbols": ["AAPL"], "features": {"AAPL": {"rsi_14": NaN, "\\ud800": 1}}}',
        "body",
        "surrogate pair",
        path=PREDICT,
    ),
    raw("predict nothing", b"", "body", "not JSON", path=PREDICT),
]
TABLE: Final = [*NAMES, *FEATURES, *LEARNING, *CONFIG, *BODIES, *TRAINING, *PREDICTING]
