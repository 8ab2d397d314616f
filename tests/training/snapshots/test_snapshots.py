"""What the job kind `monitor_model` runs: a version's rows of now beside its reference, with and without drift, labels and rows."""

import json
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.model_monitoring import (
    REPORT,
    DriftBin,
    FeatureDrift,
    MarketSubject,
    MonitorSpec,
    RecipeSubject,
    SnapshotResult,
    TextSubject,
)
from libs.contracts.recipe_runs import RecipeRunSpec, RunType
from libs.contracts.texts import NamedFile, TextData
from libs.market.candles import Market
from services.training.recipes.run import run as run_recipe
from services.training.recipes.shipped.sources import read_shipped
from services.training.snapshots.labels import labelled
from services.training.snapshots.pictures import draw_features
from services.training.snapshots.sides import Side, Sides
from tests.texts.small_models import keep_lexicon
from tests.training.snapshots.desk import FEATURES, Desk, louder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(Artifacts(str(tmp_path_factory.mktemp("artifacts"))), tmp_path_factory.mktemp("candles"))


@pytest.fixture(scope="module")
def calm(desk: Desk) -> Market:
    return desk.own()


@pytest.fixture(scope="module")
def forest(desk: Desk, calm: Market) -> MonitorSpec:
    return desk.version("RANDOM_FOREST", market=calm)


def test_a_version_is_compared_with_its_test_rows_and_measured_estimated_and_dated(desk: Desk, calm: Market, forest: MonitorSpec) -> None:
    found = desk.look(forest, market=calm)

    assert isinstance(forest.subject, MarketSubject)
    assert found.rows.reference_start == forest.subject.test_start
    assert found.rows.reference_end == forest.subject.test_end
    assert found.enough
    assert (found.rows.current, found.rows.features) == (543, 4)
    assert 0 < found.rows.current - found.rows.labelled <= 5  # The last days' horizon is not over.
    assert not [each.name for each in found.features if each.drifted and each.name in {"volume_ma_ratio", "day_of_week"}]
    assert found.performance.method == "CBPE"
    for name in ("accuracy", "f1_score", "roc_auc", "log_loss"):
        measured, estimated = found.performance.measured[name], found.performance.estimated[name]
        assert measured.value is not None
        assert estimated.value is not None
        assert estimated.lower is not None
        assert estimated.upper is not None
        assert estimated.lower <= estimated.value <= estimated.upper
    assert found.calibration.ece is not None
    assert sum(each.rows for each in found.calibration.bins) == found.rows.labelled
    assert found.domain.auc is not None
    assert found.freshness.last_update == datetime(2013, 3, 1, 21, tzinfo=UTC)
    assert not found.freshness.is_stale
    assert not found.synthetic
    assert [each.harm or 0 for each in found.features] == sorted((each.harm or 0 for each in found.features), reverse=True)


def test_the_same_snapshot_has_the_same_numbers_and_its_page_stands_alone(desk: Desk, calm: Market, forest: MonitorSpec) -> None:
    first, second = (desk.look(forest, market=calm, pictures=pictures) for pictures in (True, False))

    assert first.model_copy(update={"files": {}}) == second.model_copy(update={"files": {}})
    page = desk.artifacts.get(first.files[REPORT].sha256).decode()
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert all(name in page for name in FEATURES)
    assert desk.told[-1].stage == "reporting"


def test_drift_that_was_put_into_candles_is_ranked_first_and_its_page_says_so(desk: Desk, forest: MonitorSpec) -> None:
    loud = desk.own(louder)

    found = desk.look(forest, market=loud)

    worst = found.features[0]
    assert worst.name == "volume_ma_ratio"
    assert worst.drifted
    assert worst.psi is not None
    assert worst.psi > worst.threshold
    assert worst.harm == pytest.approx(worst.psi * forest.importance["volume_ma_ratio"])
    assert found.domain.drifted
    assert next(iter(found.domain.importance)) == "volume_ma_ratio"
    assert "volume_ma_ratio with most harm" in desk.artifacts.get(found.files[REPORT].sha256).decode()


def test_a_model_of_values_has_its_losses_estimated(desk: Desk, calm: Market) -> None:
    found = desk.look(desk.version("RIDGE", market=calm), market=calm)

    assert found.performance.method == "DLE"
    assert set(found.performance.errors) == {"mae", "rmse"}
    assert found.performance.measured["mae"].value == pytest.approx(found.performance.estimated["mae"].value, rel=0.3)
    assert "confidence" in found.reasons["calibration.ece"]


def test_labels_that_were_sent_count_before_what_candles_tell(desk: Desk, calm: Market, forest: MonitorSpec) -> None:
    times = calm.candles("OURS", "1d", start=date(2011, 1, 1)).time
    rows = [f",{np.datetime64(moment, 'ns')}+00:00,OURS,BUY" for moment in times.tolist()]
    text = "\n".join(["prediction_id,timestamp,symbol,value", *rows, "prediction_9,,,BUY", ",2001-01-01T00:00:00Z,OURS,SELL", ""])

    found = desk.look(forest, market=calm, labels=desk.artifacts.put(text.encode()))

    assert found.rows.labelled == found.rows.current
    assert found.performance.measured["roc_auc"].value is None
    assert "performance.measured.roc_auc" in found.reasons
    assert len([note for note in found.notes if "left out" in note]) == 2


def test_labels_find_rows_by_their_id_by_moment_and_symbol_and_by_moment_in_this_order() -> None:
    rows = Side(
        numbers=np.zeros((4, 0)),
        values=np.zeros(4),
        truth=np.full(4, np.nan),
        time=np.array([1, 1, 2, 3]),
        symbols=np.array(["A", "B", "A", "B"], dtype=object),
        ids=np.array(["p1", "p2", "p3", "p4"], dtype=object),
    )
    labels = {"p1": "5", (1, "A"): "6", (1, ""): "1", (2, ""): "7", (3, "B"): "8", "p9": "9"}

    found = labelled(Sides(reference=rows, current=rows, names=()), labels)

    # Nobody knows of which of the first two rows the label is that names their moment alone.
    assert found.current.truth.tolist() == pytest.approx([5, np.nan, 7, 8], nan_ok=True)
    several, none = found.notes
    assert several.startswith("1 labels are of several rows of now each, and were left out")
    # The label of a row that has a nearer one, and the label of none.
    assert none == "2 labels are of no row of now, and were left out."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("timestamp,symbol,value\n2011-01-03T21:00:00Z,OURS,BUYS\n", "'BUYS' is none of"),
        ("timestamp,symbol,value\nMonday,OURS,BUY\n", "Line 2 of the labels has the timestamp 'Monday'"),
        ("when,what\n1,2\n", "must have the column value"),
    ],
)
def test_labels_that_are_none_are_refused_in_words(desk: Desk, calm: Market, forest: MonitorSpec, text: str, told: str) -> None:
    with pytest.raises(InvalidError, match=told) as refused:
        desk.look(forest, market=calm, labels=desk.artifacts.put(text.encode()))

    assert list(refused.value.details) == ["labels"]


def test_without_rows_since_nothing_is_decided_and_why_is_said(desk: Desk, calm: Market, forest: MonitorSpec) -> None:
    found = desk.look(forest, market=calm, window={"start": "2013-03-02T00:00:00Z"})

    assert not found.enough
    assert found.rows.current == 0
    assert not any(each.drifted for each in found.features)
    assert {"rows.current", "predictions", "domain.auc", "performance.measured", "adwin"} <= set(found.reasons)
    assert "too few to decide by" in desk.artifacts.get(found.files[REPORT].sha256).decode()


def test_whatever_columns_and_categories_are_called_they_are_drawn_and_run_nothing() -> None:
    bins = tuple(DriftBin(label=label, reference=0.5, current=0.5) for label in (r"$\frac{", "<script>alert(1)</script>"))
    odd = FeatureDrift(name=r"</svg><script>$\x", type="categorical", psi=0.3, threshold=0.25, drifted=True, bins=bins)

    picture = draw_features([odd], title="Odd", small_print="")

    assert picture is not None
    assert "<script" not in picture.inline(prefix="features")


def texts_of(artifacts: Artifacts, rows: list[tuple[str, str]]) -> TextData:
    return TextData(
        path="texts.json", artifact=artifacts.put(json.dumps([{"text": text, "label": label} for text, label in rows]).encode())
    )


def test_texts_of_another_making_are_told_from_those_of_the_reference(desk: Desk, calm: Market) -> None:
    random = np.random.default_rng(4)
    verbs = {"negative": "plunges", "positive": "surges"}
    firms = [f"firm{number}" for number in range(40)]

    def some(count: int, tail: str) -> list[tuple[str, str]]:
        told = [
            (str(random.choice(firms)), str(random.choice(("negative", "positive"))), int(random.integers(10**6))) for _ in range(count)
        ]
        return [(f"{firm} profit {verbs[label]} in quarter {number} {tail}".strip(), label) for firm, label, number in told]

    subject = {
        "reference": texts_of(desk.artifacts, some(400, "")),
        "config": {"data": {"train_split": 0.4, "val_split": 0.1, "test_split": 0.5}},
    }
    spec = MonitorSpec(
        snapshot_id="snapshot_1", model_id="model_1", version="1.0", artifact=keep_lexicon(desk.artifacts).sha256,
        subject=TextSubject.model_validate(subject),
    )  # fmt: skip
    alike, other = (
        desk.look(spec, market=calm, subject={**subject, "kind": "text", "current": texts_of(desk.artifacts, some(150, tail))})
        for tail in ("", "according to entirely unknown sources overheard yesterday")
    )
    none = desk.look(spec, market=calm)

    assert not [each.name for each in alike.features if each.drifted]
    assert not alike.domain.drifted
    assert alike.performance.measured["accuracy"].value == 1.0
    assert "macro_f1" in alike.performance.measured
    assert {"words", "new_words", "characters"} <= {each.name for each in other.features if each.drifted}
    assert other.domain.drifted
    assert "data" in none.reasons["rows.current"]


def test_a_model_that_a_recipe_made_is_compared_with_the_hold_out_of_its_own_data(desk: Desk, calm: Market) -> None:
    manifest = {
        "data": {"source": "shipped:insurance"},
        "learner": {"name": "t_learner", "hyperparameters": {"n_estimators": 30}},
        "objective": {"control": "opt_in"},
    }
    made = run_recipe(
        RecipeRunSpec(
            family="next_best_action", recipe_id="recipe_1", recipe_version_id="ver_1", manifest=manifest, run_type=RunType.TRAIN,
            model_id="model_1", version="1.0",
        ),
        job_id="job_1", artifacts=desk.artifacts, report=lambda _: None, pictures=False,
    )  # fmt: skip
    rows = read_shipped("insurance").sample(600, random_state=1)
    assert made.artifact is not None
    spec = MonitorSpec(
        snapshot_id="snapshot_1", model_id="model_1", version="1.0", artifact=made.artifact.sha256, importance=made.importance,
        subject=RecipeSubject(family="next_best_action", manifest=manifest),
    )  # fmt: skip

    def since(frame: Any) -> SnapshotResult:
        file = NamedFile(path="data/since.csv", artifact=desk.artifacts.put(frame.to_csv(index=False).encode()))
        return desk.look(spec, market=calm, subject=RecipeSubject(family="next_best_action", manifest=manifest, current=file))

    alike, other, none = since(rows), since(rows.assign(age=rows["age"] + 25)), desk.look(spec, market=calm)

    assert alike.rows.reference == made.rows["test"]
    assert not [each.name for each in alike.features if each.drifted]
    assert alike.performance.method == "CBPE"
    assert alike.performance.degraded == ()
    assert other.features[0].name == "age"
    assert other.features[0].drifted
    assert other.domain.drifted
    assert next(iter(other.domain.importance)) == "age"
    assert not alike.synthetic
    assert "data" in none.reasons["rows.current"]
