"""AI Studio as documented: one table over every endpoint of this part, each documented field with its type."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

import pytest
import pytest_asyncio

from libs.market.costs import usual_costs
from tests.faces.endpoints import ENDPOINTS
from tests.faces.endpoints_marketplace import MARKETPLACE
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.world import FEATURES, STUDIO, User, World, new_model

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODEL_ROW: Final = {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "name": "NIFTY Momentum Strategy",
    "description": "ML model for NIFTY momentum trading",
    "model_type": "CLASSIFICATION",
    "algorithm": "RANDOM_FOREST",
    "status": "COMPLETED",
    "is_published": False,
    "performance_metrics": {"accuracy": 0.78, "precision": 0.82, "recall": 0.75, "f1_score": 0.78, "sharpe_ratio": 1.45},
    "total_earnings": "2500.00",
    "created_at": "2025-01-15T10:30:00Z",
    "updated_at": "2025-01-15T14:22:00Z",
}
MODEL: Final = MODEL_ROW | {
    "target_variable": "signal_type",
    "features": ["rsi_14"],
    "hyperparameters": {"n_estimators": 100, "max_depth": 10},
    "performance_metrics": MODEL_ROW["performance_metrics"] | {"roc_auc": 0.85, "max_drawdown": 0.12, "total_return": 0.34},  # type: ignore[operator]  # a dictionary
    "backtest_results": {
        "total_trades": 1250,
        "winning_trades": 780,
        "losing_trades": 470,
        "win_rate": 0.624,
        "avg_win": 0.024,
        "avg_loss": -0.018,
        "profit_factor": 1.67,
    },
    "feature_importance": {"*": 0.35},
    "total_downloads": 0,
}
JOB_ROW: Final = {
    "id": "660e8400-e29b-41d4-a716-446655440000",
    "model_id": "550e8400-e29b-41d4-a716-446655440000",
    "job_name": "NIFTY Momentum Training v1.2",
    "status": "COMPLETED",
    "progress": 100,
    "started_at": "2025-01-15T10:30:00Z",
    "completed_at": "2025-01-15T14:22:00Z",
    "compute_hours": 3.75,
    "training_metrics": {"final_accuracy": 0.78, "final_loss": 0.432, "epochs": 50, "best_epoch": 42},
    "validation_metrics": {"accuracy": 0.75, "precision": 0.79, "recall": 0.72},
}
JOB: Final = {
    "id": "660e8400-e29b-41d4-a716-446655440000",
    "status": "RUNNING",
    "progress": 67,
    "current_epoch": 34,
    "total_epochs": 50,
    "current_metrics": {"accuracy": 0.76, "loss": 0.445},
    "estimated_completion": "2025-01-15T16:45:00Z",
    "logs": [{"timestamp": "2025-01-15T15:30:00Z", "level": "INFO", "message": "Starting epoch 34/50"}],
}
PREDICTIONS: Final = {
    "predictions": [{"symbol": "NIFTY50", "prediction": "BUY", "confidence": 0.87, "feature_contributions": {"*": 0.35}}],
    "model_version": "1.2",
    "prediction_timestamp": "2025-01-15T15:45:00Z",
}
IMPORTANCE: Final = {
    "feature_importance": {"*": {"importance": 0.35, "rank": 1, "description": "14-period Relative Strength Index"}},
    "importance_plot_url": "/api/ai-studio/models/550e8400/plots/feature-importance.png",
    "shap_summary_plot_url": "/api/ai-studio/models/550e8400/plots/shap-summary.png",
}
CREATED: Final = {
    "id": "550e8400-e29b-41d4-a716-446655440001",
    "name": "NIFTY Momentum Strategy",
    "status": "DRAFT",
    "created_at": "2025-01-15T15:30:00Z",
    "message": "Model created successfully. Ready for training.",
}
STARTED: Final = {
    "job_id": "660e8400-e29b-41d4-a716-446655440001",
    "message": "Training job queued successfully",
    "estimated_completion": "2025-01-15T18:30:00Z",
    "estimated_cost": "15.50",
}
CANCELLED: Final = {"message": "Training job cancelled successfully", "refund_amount": "8.25"}
ERROR: Final = {"error": {"code": "VALIDATION_ERROR", "message": "x", "details": {"*": ["x"]}}, "timestamp": "2025-01-15T15:45:00Z"}
ROW: Final = {"rsi_14": 65.2, "macd_signal": 0.025}


def page(row: dict[str, Any]) -> dict[str, Any]:
    """Return a list's documented shape."""
    return {"count": 25, "next": None, "previous": None, "results": [row]}


@dataclass(frozen=True)
class Documented:
    """One documented endpoint: how it is called and what it answers. Ids in the path are taken from the story's things."""

    name: str
    method: str
    path: str
    status: int
    shape: Any
    body: Any = None


TABLE: Final = [
    Documented("list models", "GET", "/models/?status=COMPLETED", 200, page(MODEL_ROW)),
    Documented("create a model", "POST", "/models/", 201, CREATED, new_model()),
    Documented("get a model", "GET", "/models/{trained}/", 200, MODEL),
    Documented("change a model", "PATCH", "/models/{draft}/", 200, {"id": "x", "name": "Renamed", "updated_at": "x"}, {"name": "Renamed"}),
    Documented("delete a model", "DELETE", "/models/{second_draft}/", 204, None),
    Documented("list jobs", "GET", "/training-jobs/?status=COMPLETED", 200, page(JOB_ROW)),
    Documented("start a job", "POST", "/models/{draft}/train/", 202, STARTED, {"job_name": "v1.3", "priority": "NORMAL"}),
    Documented("get a running job", "GET", "/training-jobs/{running}/", 200, JOB),
    Documented("get an ended job", "GET", "/training-jobs/{ended}/", 200, JOB_ROW),
    Documented("cancel a job", "POST", "/training-jobs/{second_running}/cancel/", 200, CANCELLED),
    Documented(
        "predict", "POST", "/models/{trained}/predict/", 200, PREDICTIONS, {"symbols": ["NIFTY50", "AAPL"], "features": {"NIFTY50": ROW}}
    ),
    Documented("feature importance", "GET", "/models/{trained}/feature-importance/", 200, IMPORTANCE),
    Documented("an error", "POST", "/models/", 400, ERROR, {"name": ""}),
]


@dataclass(frozen=True)
class Things:
    """A user and what they have."""

    user: User
    ids: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def things(studio: World) -> Things:
    user = await studio.user()
    ids = {"trained": await studio.trained(user)}
    ids["ended"] = (await user.get("/training-jobs/"))["results"][0]["id"]
    for name in ("draft", "second_draft"):
        ids[name] = await user.make_model()
    for name in ("running", "second_running"):
        ids[name] = await user.train(await user.make_model())
        await studio.training.progress(ids[name], 67, lines=["Starting epoch 34/50"])
        await user.job_is(ids[name], "RUNNING")
    return Things(user, ids)


@pytest.mark.parametrize("documented", TABLE, ids=[documented.name for documented in TABLE])
async def test_every_documented_field_is_there_with_its_type(things: Things, document: Document, documented: Documented) -> None:
    answer = await things.user.call(documented.method, documented.path.format(**things.ids), documented.body)

    assert answer.status_code == documented.status, answer.text
    assert document.misfits(answer) == []
    if documented.shape is None:
        assert answer.content == b""
    else:
        assert list(differences(documented.shape, answer.json())) == []


@pytest.mark.parametrize(
    "path",
    [
        "/models/",
        "/models/{draft}/",
        "/training-jobs/",
        "/training-jobs/{second_running}/",
        "/algorithms/",
        "/features/",
        "/symbols/",
        "/models/{draft}/estimate/",
        "/compute/limits/",
        "/compute/prices/",
        "/analytics/dashboard/",
        "/models/{draft}/feature-importance/",
        "/models/{draft}/plots/shap-summary.png",
        "/models/{trained}/plots/shap-summary.png",
        "/models/{trained}/trades/",
        "/models/{trained}/equity-curve/",
    ],
)
async def test_answers_are_as_the_openapi_document_says(things: Things, document: Document, path: str) -> None:
    assert document.misfits(await things.user.call("GET", path.format(**things.ids))) == []


@pytest.mark.parametrize("path", ["/models", "/models/{trained}", "/training-jobs", "/training-jobs/{ended}", "/algorithms", "/symbols"])
async def test_the_slash_at_the_end_may_be_left_out(studio: World, things: Things, path: str) -> None:
    await studio.broker.all_heard()  # What has ended is charged meanwhile, which shows in it.

    with_slash, without = [await things.user.get(f"{path.format(**things.ids)}{end}") for end in ("/", "")]

    assert with_slash == without


async def test_a_documented_shape_with_a_wrong_type_is_noticed() -> None:
    assert list(differences(CREATED, {**CREATED, "id": 7})) == ["$.id is number, documented as string"]
    assert list(differences(page(JOB_ROW), {"count": 0, "next": None, "previous": None})) == ["$.results is missing, documented as array"]


async def test_moments_money_and_identifiers_have_their_forms(things: Things) -> None:
    model = await things.user.get(f"/models/{things.ids['trained']}/")
    job = await things.user.get(f"/training-jobs/{things.ids['ended']}/")

    for moment in (model["created_at"], model["updated_at"], job["started_at"], job["completed_at"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
    for money in (model["total_earnings"], job["estimated_cost"], job["cost"], job["refund_amount"]):
        assert re.fullmatch(r"\d+\.\d\d", money)
    assert re.fullmatch(r"model_[0-9a-z]{26}", model["id"])
    assert re.fullmatch(r"job_[0-9a-z]{26}", job["id"])


async def test_the_catalogues_name_what_requests_are_checked_by(things: Things) -> None:
    algorithms = {each["name"]: each for each in (await things.user.get("/algorithms/"))["results"]}
    features = {each["name"]: each for each in (await things.user.get("/features/"))["results"]}
    symbols = {each["symbol"]: each for each in (await things.user.get("/symbols/"))["results"]}

    names = "RANDOM_FOREST EXTRA_TREES XGBOOST LIGHTGBM LOGISTIC_REGRESSION RIDGE LSTM GRU TRANSFORMER ENSEMBLE TFT NHITS DEEPAR"
    assert names.split() == list(algorithms)
    assert "positive integer" in algorithms["XGBOOST"]["hyperparameters"]["n_estimators"]["allowed"]
    assert features["rsi_14"]["description"] == "14-period Relative Strength Index"
    assert features["rsi_14"]["parameters"][0]["default"] == 14
    assert {"AAPL", "MSFT", "IBM", "GOOG", "NVDA", "AMZN", "SPX", "IXIC", "BTC-USD", "EURUSD"} == set(symbols)
    assert {symbol: each["default_costs"] for symbol, each in symbols.items()} == {
        symbol: asdict(usual_costs(symbol)) for symbol in symbols
    }
    assert symbols["BTC-USD"]["default_costs"] == {"commission": 0.001, "slippage": 0.0005, "borrow_rate": 0.1}
    made = await things.user.call("POST", "/models/", new_model(features=list(features)[:50]))
    assert made.status_code == 201, made.text


async def test_the_openapi_document_has_every_endpoint_and_its_first_example_can_be_sent(
    studio: World, things: Things, document: Document
) -> None:
    found = {(each.method, each.path) for each in document.operations() if each.path.startswith(STUDIO)}
    assert found == ENDPOINTS | MARKETPLACE
    create = document.whole["paths"][f"{STUDIO}/models/"]["post"]["requestBody"]["content"]["application/json"]
    made = await things.user.call("POST", "/models/", create["example"])
    assert made.status_code == 201
    assert studio.inference.features == tuple(FEATURES)


@pytest.mark.parametrize(
    "path",
    [
        "/models/?status=COMPLETED",
        "/models/{trained}/",
        "/training-jobs/?status=COMPLETED",
        "/training-jobs/{ended}/",
    ],
)
async def test_the_examples_have_the_keys_that_answers_have(things: Things, document: Document, path: str) -> None:
    path = path.format(**things.ids)

    answer, example = await things.user.get(path), document.example("GET", f"{STUDIO}{path.partition('?')[0]}")

    assert set(answer) == set(example)
    assert set(answer.get("results", [{}])[0]) == set(example.get("results", [{}])[0])


@pytest.mark.parametrize("end", ["feature-importance", "equity-curve", "trades"])
async def test_the_examples_of_results_have_the_keys_that_answers_have(things: Things, document: Document, end: str) -> None:
    answer = await things.user.get(f"/models/{things.ids['trained']}/{end}/")

    example = document.example("GET", f"{STUDIO}/models/{{model_id}}/{end}/")
    assert set(answer) == set(example)
    assert [set(row) for row in answer.get("results", [])[:1]] == [set(row) for row in example.get("results", [])]


@pytest.mark.parametrize("path", ["/algorithms/", "/features/", "/symbols/"])
async def test_the_examples_of_the_catalogues_are_theirs(things: Things, document: Document, path: str) -> None:
    (shown,) = document.example("GET", f"{STUDIO}{path}")["results"]

    assert shown in (await things.user.get(path))["results"]
