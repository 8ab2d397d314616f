"""What all families share: the same rows give the same bytes, versions are measured as they were, and files are read in words."""

import io
import json

import pandas as pd
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.recipe_runs import RecipeModelManifest, RecipeRunResult
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.progress import Progress
from services.training.outbound.checkpoint_files import CheckpointFile
from services.training.recipes.pricing import log_log
from tests.training.recipes.conftest import Runs
from tests.training.recipes.demands import PLACES, columns, places
from tests.training.recipes.shops import Shop

DATA = {"columns": Shop.COLUMNS}
ASKED = {"data": DATA, "evaluation": {"resamples": 20}}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return Shop(products=8, days=40).rows


@pytest.fixture(scope="module")
def trained(runs: Runs, rows: pd.DataFrame) -> RecipeRunResult:
    return runs("pricing", rows=rows, **ASKED)


def test_a_model_is_a_manifest_with_the_hash_of_each_file_and_nothing_is_pickled(trained: RecipeRunResult, store: Artifacts) -> None:
    assert trained.artifact is not None
    manifest = RecipeModelManifest.model_validate_json(store.get(trained.artifact.sha256))

    assert {f"model/{name}" for name in manifest.files} | {"model/manifest.json"} == {
        name for name in trained.files if name.startswith("model/")
    }
    assert all(trained.files[f"model/{name}"].sha256 == each.sha256 for name, each in manifest.files.items())
    assert all(name.endswith((".json", ".txt", ".safetensors")) for name in manifest.files)
    assert manifest.metrics == trained.metrics
    assert manifest.columns == Shop.COLUMNS


def test_an_evaluation_of_a_version_finds_what_its_training_found(runs: Runs, rows: pd.DataFrame, trained: RecipeRunResult) -> None:
    measured = runs("pricing", "eval", rows=rows, artifact=trained.artifact, **ASKED)

    assert measured.metrics == trained.metrics
    assert measured.artifact is None


def test_an_evaluation_by_another_split_measures_only_what_came_after_what_was_learned(
    runs: Runs, rows: pd.DataFrame, trained: RecipeRunResult
) -> None:
    wider = runs("pricing", "eval", rows=rows, artifact=trained.artifact, **ASKED, split={"test_fraction": 0.6})

    assert wider.rows == trained.rows
    assert wider.metrics == trained.metrics
    assert any(note.startswith("The hold-out begins after 2024-01-30") for note in wider.notes)


def test_an_evaluation_by_another_draw_or_on_a_file_that_grew_leaves_out_what_was_learned(runs: Runs) -> None:
    scored = places()
    asked = {"data": columns(PLACES), "evaluation": {"permutations": 99, "resamples": 20}, "split": {"method": "random", "folds": 2}}
    asked |= {"learner": {"name": "linear"}}
    made = runs("location_scoring", rows=scored[:150], **asked)

    other = runs("location_scoring", "eval", rows=scored[:150], artifact=made.artifact, **asked, seed=8)
    grown = runs(
        "location_scoring",
        "eval",
        rows=scored,
        artifact=made.artifact,
        **{**asked, "split": {"method": "random", "test_fraction": 0.9, "folds": 2}},
    )

    learned = made.rows["train"]
    assert 0 < other.rows["test"] < 150 - learned
    assert grown.rows["test"] <= 200 - learned
    assert [any("were left out: the version has learned from them" in note for note in each.notes) for each in (other, grown)] == [True] * 2


def test_where_a_versions_own_rows_are_gone_other_rows_are_not_measured(
    runs: Runs, rows: pd.DataFrame, trained: RecipeRunResult, store: Artifacts
) -> None:
    assert trained.artifact is not None
    kept = RecipeModelManifest.model_validate_json(store.get(trained.artifact.sha256))
    gone = store.put(kept.model_copy(update={"data": {**kept.data, "sha256": "0" * 64}}).model_dump_json().encode())

    with pytest.raises(TrainingRefusedError, match="cannot be told: its own data are no longer there"):
        runs("pricing", "eval", rows=rows, artifact=gone, **ASKED)


def test_a_version_of_another_family_is_refused(runs: Runs, trained: RecipeRunResult) -> None:
    with pytest.raises(TrainingRefusedError, match="of the family pricing"):
        runs("next_best_action", "eval", artifact=trained.artifact)


def test_a_training_that_was_interrupted_after_its_fit_makes_the_same_files_without_fitting_again(
    runs: Runs, rows: pd.DataFrame, store: Artifacts
) -> None:
    # The last product has too few rows for an elasticity of its own, which is noted.
    rows = rows[(rows["sku"] != "p07") | (rows.index < 48)]
    trained = runs("pricing", rows=rows, **ASKED)
    checkpoints = CheckpointFile(store, "job_1", on_save=lambda: None)

    def dies(progress: Progress) -> None:
        if progress.stage == "Measuring":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs("pricing", rows=rows, checkpoints=checkpoints, report=dies, **ASKED)
    told: list[str] = []
    again = runs("pricing", rows=rows, checkpoints=checkpoints, report=lambda progress: told.append(progress.message), **ASKED)

    assert "An attempt before has fitted it: that fit is taken up" in told
    assert again.artifact == trained.artifact
    assert again.metrics == trained.metrics
    assert any("1 of 8 products" in note for note in trained.notes)
    assert again.notes == trained.notes


def test_a_backtest_goes_on_through_time_and_takes_up_the_folds_that_it_has(runs: Runs, rows: pd.DataFrame, store: Artifacts) -> None:
    checkpoints = CheckpointFile(store, "job_2", on_save=lambda: None)
    asked = {**ASKED, "split": {"folds": 3}}

    def dies(progress: Progress) -> None:
        if progress.stage == "Fold 3":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs("pricing", "backtest", rows=rows, checkpoints=checkpoints, report=dies, **asked)
    resumed = runs("pricing", "backtest", rows=rows, checkpoints=checkpoints, **asked)
    whole = runs("pricing", "backtest", rows=rows, **asked)

    assert [(fold.train_end, fold.test_start, fold.test_end) for fold in whole.folds] == [
        ("2024-01-10", "2024-01-11", "2024-01-20"), ("2024-01-20", "2024-01-21", "2024-01-30"), ("2024-01-30", "2024-01-31", "2024-02-09"),
    ]  # fmt: skip
    assert whole.metrics["wape"] == pytest.approx(sum(fold.metrics["wape"] for fold in whole.folds) / 3)
    assert whole.artifact is None
    assert resumed.folds == whole.folds
    assert resumed.metrics == whole.metrics


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.parquet", "rows.dat"])
def test_rows_are_the_same_in_any_format(runs: Runs, rows: pd.DataFrame, trained: RecipeRunResult, name: str) -> None:
    kind = name.partition(".")[2]
    packed = io.BytesIO()
    rows.to_parquet(packed)
    written = {
        "json": rows.to_json(orient="records").encode(), "jsonl": rows.to_json(orient="records", lines=True).encode(),
        "parquet": packed.getvalue(), "dat": rows.to_csv(index=False).encode(),
    }[kind]  # fmt: skip

    result = runs("pricing", file=(name, written), **ASKED)

    assert result.metrics["elasticity"] == pytest.approx(trained.metrics["elasticity"], rel=1e-4)


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [
        (("rows.json", b"[1, 2"), DATA, "rows.json cannot be read as json"),
        (("rows.parquet", b"PAR1 and no more"), DATA, "rows.parquet cannot be read as parquet"),
        (("rows.csv", b"sku,day\n"), DATA, "rows.csv has no rows"),
        (None, {"columns": {**Shop.COLUMNS, "price": "unit_prise"}}, "no column 'unit_prise'.*Did you mean 'unit_price'"),
        (None, {"columns": {**Shop.COLUMNS, "prise": "unit_price"}}, "pricing has no role 'prise'.*Did you mean 'price'"),
        (None, {"columns": {**Shop.COLUMNS, "cost": "unit_price"}}, "'unit_price' plays the role `price`, too: a column plays one"),
        (None, {"columns": {"product": "sku"}}, "No column plays the role `time`"),
        (None, {"columns": {**Shop.COLUMNS, "price": "shelf"}}, "'shelf' plays the role `price` and has no cell that is a number"),
        (None, {**DATA, "filters": [{"column": "shelf", "op": ">", "value": 3}]}, "'shelf' cannot be compared with 3"),
        (None, {**DATA, "filters": [{"column": "shelf", "value": "none"}]}, "None of 320 rows can be used"),
    ],
)
def test_what_cannot_be_read_or_used_is_refused_in_words(
    runs: Runs, rows: pd.DataFrame, file: tuple[str, bytes] | None, data: dict[str, object], words: str
) -> None:
    with pytest.raises(TrainingRefusedError, match=words) as refused:
        runs("pricing", rows=rows, file=file, data=data)

    assert all(field.startswith("manifest.") for field in refused.value.details)


def test_rows_that_lack_what_is_needed_are_left_out_and_counted(runs: Runs, rows: pd.DataFrame) -> None:
    holed = rows.copy()
    holed.loc[:4, "unit_price"] = 0
    holed.loc[5:9, "sold"] = None

    result = runs("pricing", rows=holed, data={**DATA, "filters": [{"column": "shelf", "op": "in", "value": ["low", "high"]}]})

    assert result.rows["left_out"] == 10
    assert any("10 of 320 rows were left out" in note for note in result.notes)


def test_a_report_stands_alone_and_shows_words_as_words(runs: Runs, rows: pd.DataFrame, store: Artifacts) -> None:
    named = rows.assign(sku=rows["sku"].replace("p00", "<script>alert(1)</script>"))

    result = runs("pricing", rows=named, pictures=True, **ASKED)

    page = store.get(result.files["report.html"].sha256).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert "src=" not in page.replace("default-src", "").replace("style-src", "")
    assert page.count("<svg") == 2
    assert json.loads(store.get(result.files["metrics.json"].sha256))["metrics"] == result.metrics


def test_what_is_expected_of_a_day_that_is_yet_to_come_has_its_weekdays_level() -> None:
    days = pd.date_range("2024-01-01", periods=28).to_numpy()
    weekend = 0.5 * (log_log.weekday(days) >= 5)

    times = log_log.Times.learned(days, weekend - weekend.mean())

    later = pd.date_range("2024-02-02", periods=3).to_numpy()  # From a Friday to a Sunday.
    friday, saturday, sunday = times.of(later)
    assert saturday - friday == pytest.approx(0.5)
    assert sunday == pytest.approx(saturday)
