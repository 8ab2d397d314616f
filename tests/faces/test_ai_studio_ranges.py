"""AI Studio's explanations and batch predictions as documented: each documented field with its type, each example with real keys."""

from typing import Any, Final

import pytest
import pytest_asyncio

from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.world import STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXPLANATIONS: Final = {
    "explanations": [
        {
            "symbol": "NIFTY50",
            "timestamp": "2025-01-15T15:30:00Z",
            "prediction": "BUY",
            "base_value": 0.5,
            "shap_values": {"*": 0.15},
            "expected_value": 0.5,
            "prediction_value": 0.9,
        }
    ],
    "feature_importance_global": {"*": 0.35},
}
# The document gives a body alone for batch predictions; its answer speaks as that of predict does.
BATCH: Final = {
    "predictions": [
        {"symbol": "NIFTY50", "date": "2025-01-10", "prediction": "BUY", "confidence": 0.87, "feature_contributions": {"*": 0.35}},
    ],
    "model_version": "1.2",
    "prediction_timestamp": "2025-01-15T15:45:00Z",
    "count": 1,
}
# As the document has it, but for the symbols and days.
BODY: Final = {
    "symbols": ["AAPL", "MSFT"],
    "start_date": "2012-12-10",
    "end_date": "2012-12-15",
    "include_confidence": True,
    "include_shap": True,
}
QUERY: Final = "?symbols=AAPL,MSFT&start_date=2012-12-10&end_date=2012-12-15"
CALLS: Final[list[tuple[str, str, Any, Any]]] = [
    ("GET", f"explain/{QUERY}", None, EXPLANATIONS),
    ("GET", "explain/", None, EXPLANATIONS),
    ("POST", "batch-predict/", BODY, BATCH),
    ("POST", "batch-predict", BODY, BATCH),
]
NAMES: Final = ["explain", "explain by default", "batch predict", "without a slash"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def user(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model(studio: World, user: User) -> str:
    return f"/models/{await studio.trained(user)}"


@pytest.mark.parametrize("call", CALLS, ids=NAMES)
async def test_every_documented_field_is_there_with_its_type(
    user: User, model: str, document: Document, call: tuple[str, str, Any, Any]
) -> None:
    method, path, body, shape = call
    answer = await user.call(method, f"{model}/{path}", body)

    assert answer.status_code == 200, answer.text
    assert document.misfits(answer) == []
    assert list(differences(shape, answer.json())) == []


@pytest.mark.parametrize("call", CALLS, ids=NAMES)
async def test_answers_line_by_line_are_documented(user: User, model: str, document: Document, call: tuple[str, str, Any, Any]) -> None:
    method, path, body, _ = call
    answer = await user.http.request(method, f"{STUDIO}{model}/{path}", json=body, headers={"Accept": "application/x-ndjson"})

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert document.misfits(answer) == []


async def test_less_than_everything_is_as_documented_too(user: User, model: str, document: Document) -> None:
    for switches in ({"include_confidence": False}, {"include_shap": False}, {}):
        answer = await user.call("POST", f"{model}/batch-predict/", {"symbols": ["AAPL"], **switches})
        assert document.misfits(answer) == []


async def test_the_examples_have_the_keys_that_answers_have(user: User, model: str, document: Document) -> None:
    explained = await user.call("GET", f"{model}/explain/{QUERY}")
    predicted = await user.call("POST", f"{model}/batch-predict/", BODY)

    for answer, method, end, name in (
        (explained.json(), "GET", "explain", "explanations"),
        (predicted.json(), "POST", "batch-predict", "predictions"),
    ):
        example = document.example(method, f"{STUDIO}/models/{{model_id}}/{end}/")
        assert list(answer) == list(example)
        assert list(answer[name][0]) == list(example[name][0])
        assert list(answer["skipped"][0]) == list(example["skipped"][0])
