"""Models as AI Engine lists them: each list is an index look-up."""

from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Any, Final

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from libs.contracts.training import ModelType
from services.gateway.domain.models.model import Build, Listing
from services.gateway.domain.predictions.kept import Came, KeptPrediction, PredictionFilter
from services.gateway.inbound.faces.ai_engine.words import STATUSES, filter_of
from services.gateway.outbound.kept_predictions_mongo import KeptPredictionsMongo
from services.gateway.outbound.models.models_mongo import ModelsMongo
from tests.queries.profiled import N, earlier, multiply, numbered, one_of, profiled, walked
from tests.queries.test_gateway_studio import a_model

CAME: Final[dict[str, Any]] = {"value": 1.0, "error": 0.5, "inside": True}


def a_prediction(at: datetime) -> KeptPrediction:
    return KeptPrediction(
        id="pred_0", account_id="account", model_id="model_1", version="1.0", artifact="", symbol="AAPL", timeframe="1d",
        target="return_next_day", horizon=1, rows=1, input_hash="", created_at=at, latency_ms=1.0, at=at, predicted_for=at, value=0.5,
        level=0.9, used=0.9, interval=(0.0, 1.0), method="split_conformal", classes=None, probabilities=None, quality=0.5,
        abstained=None, synthetic=False, ignored=(), reasons={}, due_at=at,
    )  # fmt: skip


async def test_models_by_type_and_status_the_oldest_first(database: Database, many: int) -> None:
    models, documents = ModelsMongo(database["models"], on_write=int), database["models"]
    await models.prepare()
    await documents.insert_one(a_model())
    axes = {"build": one_of(Build), "listing": one_of(Listing, each=4), "stage": one_of(("none", "none", "archived"), each=16)}
    axes |= {"spec.model_type": one_of(ModelType, each=2), "spec.algorithm": one_of(("RANDOM_FOREST", "GRU"), each=3)}
    axes |= {"created_at": earlier("created_at"), "updated_at": earlier("created_at", by_s=9)}
    await multiply(documents, "model", by=many // 10, place=N, **axes)
    await multiply(documents, "model_1", by=many, place=N, account_id=numbered("a"), **axes)

    async with profiled(database) as took:
        for status, type_name in product((None, *STATUSES), (None, "random_forest", "gru")):
            assert await walked(partial(models.find, filter_of(type_name, status, account_id="account"))) > 0

    assert took.problems() == []


async def test_kept_predictions_the_newest_first_and_what_is_due(database: Database, many: int) -> None:
    kept, documents = KeptPredictionsMongo(database["kept_predictions"], life=timedelta(days=365)), database["kept_predictions"]
    await kept.prepare()
    at = now()
    await kept.add(a_prediction(at))
    ages = {"created_at": earlier("created_at"), "model_id": one_of(("model_1", "model_2"), each=7)}
    await multiply(documents, "pred_0", by=many, **ages)
    await multiply(documents, "pred_0", by=many, account_id=numbered("a"), state="known", outcome=CAME | {"known_at": at}, **ages)
    part = Part(20, offset=40)

    async with profiled(database) as took:
        for model_id, since in product((None, "model_1"), (None, at - timedelta(days=3650))):
            await kept.find(PredictionFilter("account", model_id, since, at), part)
        await kept.known("model_1", account_id="a1", most=50)
        assert len(await kept.moments(["pred_0", "pred_1"], model_id="model_1", account_id="account")) == 1
        await kept.held("model_1", account_id="a1", version="1.0", level=0.9, most=50)
        taken = await kept.take(at=at, until=at + timedelta(minutes=2))
        assert taken is not None
        await kept.put_back(taken.id, until=at, why="not yet", final=False)
        await kept.judge(taken.id, Came(1.0, 0.5, inside=True, known_at=at))
        await kept.get(taken.id, account_id="account")
        await kept.forget("nobody")

    assert took.problems() == []
