"""The client from the first model to its reasons, blocking and awaited."""

import asyncio
import io

import pytest
from PIL import Image

from modelbourse import AsyncModelbourse, Modelbourse
from tests.client.people import PATIENT, Person
from tests.journeys.customer import FEATURES, small_model
from tests.waiting import until

pytestmark = pytest.mark.journey
SYMBOLS = ["AAPL", "MSFT"]
DAYS = {"start_date": "2012-12-03", "end_date": "2012-12-14"}


def test_a_quant_makes_trains_predicts_and_explains(client: Modelbourse, newcomer: Person) -> None:
    draft = client.models.create(**small_model("first"))
    renamed = client.models.update(draft.id, name="Momentum", description="on two shares")
    assert (renamed.name, renamed.status, renamed.version) == ("Momentum", "DRAFT", None)

    job = client.models.train(draft.id, name="first training", priority="HIGH")
    done = job.wait()

    assert client.me().username == newcomer.username
    assert (done.status, done.progress, done.job_name, done.priority) == ("COMPLETED", 100, "first training", "HIGH")
    model = client.models.get(draft.id)
    assert (model.status, model.version, model.versions[0].job_id) == ("COMPLETED", "1.0", job.id)
    assert model.performance_metrics.accuracy is not None
    assert model.backtest_results.total_trades is not None
    answer = client.models.predict(model.id, SYMBOLS)
    assert [row.symbol for row in answer.predictions] == SYMBOLS
    for row in answer.predictions:
        assert row.base_value + sum(row.feature_contributions.values()) == pytest.approx(row.confidence, abs=1e-6)
    by_hand = client.models.predict(model.id, ["AAPL"], features={"AAPL": dict.fromkeys(FEATURES, 0.5)})
    assert by_hand.predictions[0].as_of is None


def test_predictions_of_many_days_come_row_by_row_with_a_summary(ada_client: Modelbourse, trained: str) -> None:
    rows = ada_client.models.batch_predict(trained, SYMBOLS, **DAYS, include_shap=True)
    assert rows.summary is None
    found = list(rows)

    assert {row.symbol for row in found} == set(SYMBOLS)
    assert rows.summary is not None
    assert rows.summary.count == len(found) == 20
    assert {(each.symbol, each.count) for each in rows.summary.skipped} == {("AAPL", 2), ("MSFT", 2)}
    assert all(set(row.feature_contributions or {}) == set(FEATURES) for row in found)
    plain = next(ada_client.models.batch_predict(trained, ["AAPL"], include_confidence=False))
    assert (plain.confidence, plain.feature_contributions) == (None, None)


def test_one_symbol_alone_is_one_symbol_and_not_its_letters(ada_client: Modelbourse, trained: str) -> None:
    predicted = ada_client.models.predict(trained, "AAPL")
    rows = list(ada_client.models.batch_predict(trained, "AAPL", **DAYS))
    explained = ada_client.models.explain(trained, "AAPL", **DAYS)

    assert [each.symbol for each in predicted.predictions] == ["AAPL"]
    assert {each.symbol for each in rows} == {each.symbol for each in explained.explanations} == {"AAPL"}


def test_explanations_come_whole_or_row_by_row_and_say_the_same(ada_client: Modelbourse, trained: str) -> None:
    whole = ada_client.models.explain(trained, SYMBOLS, **DAYS)
    rows = ada_client.models.explain_rows(trained, SYMBOLS, **DAYS)

    assert list(rows) == whole.explanations
    assert rows.summary is not None
    assert rows.summary.feature_importance_global == whole.feature_importance_global
    assert sum((whole.feature_importance_global or {}).values()) == pytest.approx(1)


def test_what_a_model_rests_on_comes_ranked_and_drawn(ada_client: Modelbourse, trained: str) -> None:
    found = ada_client.models.feature_importance(trained)

    assert [each.rank for each in (found.feature_importance or {}).values()] == [1, 2, 3, 4, 5]
    for plot in ("feature-importance", "shap-summary"):
        assert Image.open(io.BytesIO(ada_client.models.plot(trained, plot))).format == "PNG"


def test_whatever_is_a_table_becomes_a_frame(ada_client: Modelbourse, trained: str) -> None:
    models = ada_client.models.list().to_frame()
    rows = ada_client.models.batch_predict(trained, SYMBOLS, **DAYS).to_frame()
    explained = ada_client.models.explain(trained, SYMBOLS, **DAYS).to_frame()

    assert trained in set(models["id"])
    assert models["performance_metrics.accuracy"].notna().any()
    assert len(rows) == len(explained) == 20
    assert {f"shap_values.{name}" for name in FEATURES} <= set(explained.columns)
    assert explained["timestamp"].dtype.kind == "M"
    assert list(ada_client.models.feature_importance(trained).to_frame()["rank"]) == [1, 2, 3, 4, 5]
    assert "hours" in ada_client.credits.usage().to_frame("job").columns
    assert "AAPL" in set(ada_client.catalogue.symbols().to_frame()["symbol"])
    assert len(ada_client.models.predict(trained, SYMBOLS).to_frame()) == 2


def test_what_can_be_asked_for_is_listed(ada_client: Modelbourse) -> None:
    algorithms = {each.name: each for each in ada_client.catalogue.algorithms().results}
    features = {each.name for each in ada_client.catalogue.features().results}

    assert "n_estimators" in algorithms["RANDOM_FOREST"].hyperparameters
    assert "rsi_14" in features


async def test_the_awaited_client_does_the_same_for_two_at_once_while_their_token_ends_and_is_renewed(newcomer: Person) -> None:
    async with await AsyncModelbourse.login(newcomer.username, newcomer.password, url=newcomer.url, retries=PATIENT) as client:
        first = client.kept().token
        models = await asyncio.gather(*(client.models.create(**small_model(f"model {number}")) for number in range(3)))
        jobs = await asyncio.gather(*(client.models.train(model.id) for model in models[:2]))
        ended = await asyncio.gather(*(job.wait() for job in jobs))
        rows = client.models.batch_predict(models[0].id, SYMBOLS, **DAYS)
        found = [row async for row in rows]

        async def renewed() -> bool:
            await client.me()
            return client.kept().token != first

        # However quickly the models were trained, there comes a question after the token's end.
        await until(renewed)

        assert [job.status for job in ended] == ["COMPLETED"] * 2
        assert rows.summary is not None
        assert rows.summary.count == len(found) == 20
        assert {row.id async for row in client.models.list()} == {model.id for model in models}
        assert len(await client.jobs.list(status="COMPLETED").to_frame()) == 2
        assert [line.message async for line in jobs[0].logs()][-1] == "Done"
        assert (await client.models.explain(models[0].id, ["AAPL"], **DAYS)).count == 10
        await client.models.delete(models[2].id)
        assert (await client.models.page()).count == 2


async def test_a_list_is_fetched_page_by_page_while_one_iterates(newcomer: Person) -> None:
    async with await AsyncModelbourse.login(newcomer.username, newcomer.password, url=newcomer.url, retries=PATIENT) as client:
        made = [await client.models.create(**small_model(f"model {number}")) for number in range(103)]

        listed = [row.id async for row in client.models.list(status="DRAFT")]
        second = await client.models.page(page=2, page_size=100)

    assert listed == [model.id for model in reversed(made)]
    assert (second.count, len(second.results), second.next) == (103, 3, None)
