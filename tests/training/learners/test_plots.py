"""Two pictures of every trained model: which features it rests on, and how their values move its outputs."""

import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from libs.contracts.plots import CLASSIFIER_PLOTS, REPORT, TRADING_PLOTS, Plot
from libs.contracts.training import Artifact, ModelType
from libs.market.candles import Market
from services.training.learners.explained import MOST_ROWS, ExplainedOutput, ExplainedSample, explain_sample
from services.training.learners.plot_sheet import Caption, new_sheet
from services.training.learners.plots import draw_plots, swarm
from services.training.learners.train import Trained
from tests.training.learners.conftest import Once, Workshop, one_of_each_task, usual

CAPTION = Caption(
    model_name="Momentum", version="1.0", algorithm="RIDGE", symbols=("AAPL",), start="2011-01-03", end="2011-12-30", synthetic=False
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, market: Market) -> Once:
    """Trainings with all their pictures."""
    return Once(tmp_path_factory.mktemp("drawn"), market, pictures=True)


def pictures(workshop: Workshop, trained: Trained) -> dict[str, Image.Image]:
    """Return the plots that a training names, decoded to the last dot."""
    drawn = [plot for plot in Plot if plot not in CLASSIFIER_PLOTS or "accuracy" in trained.result.metrics]
    found = {plot.value: Image.open(BytesIO(workshop.artifacts.get(trained.result.plots[plot].sha256))) for plot in drawn}
    for picture in found.values():
        picture.load()
    return found


def sample(columns: int, *, outputs: int = 1, rows: int = 60) -> ExplainedSample:
    values = np.random.default_rng(3).normal(size=(rows, columns))
    names = ("BUY", "HOLD", "SELL")[:outputs] if outputs > 1 else (None,)
    return ExplainedSample(values, tuple(ExplainedOutput(name, values / 10, 0.3) for name in names))


def draw(of: ExplainedSample, **changes: Any) -> dict[str, bytes]:
    columns = of.rows.shape[1]
    given = {f"feature_{column}": 1 / columns for column in range(columns)}
    options: dict[str, Any] = {"importance": given, "scale": "value", "importance_rows": 60, "caption": CAPTION}
    return draw_plots(of, **options | changes)


def ink_at_the_edges(picture: Image.Image) -> int:
    """Count the dots at the picture's border that are not white: something would be cut off there."""
    dots = np.asarray(picture.convert("L"))
    return int(sum((edge < 250).sum() for edge in (dots[0], dots[-1], dots[:, 0], dots[:, -1])))


@pytest.mark.parametrize(("algorithm", "kind"), one_of_each_task("LOGISTIC_REGRESSION", "RIDGE"))
def test_every_training_draws_all_plots_and_names_them_in_result_and_manifest(drawn: Once, algorithm: str, kind: ModelType) -> None:
    workshop, trained = drawn(algorithm, kind)

    manifest = json.loads(workshop.artifacts.get(trained.artifact.sha256))
    assert {name if "." in name else f"{name}.png": plot.model_dump() for name, plot in trained.result.plots.items()} == manifest["plots"]
    wanted = {plot for plot in Plot if plot not in CLASSIFIER_PLOTS or kind is ModelType.CLASSIFICATION}
    assert set(trained.result.plots) == {*wanted, *(plot.vector for plot in TRADING_PLOTS), REPORT}
    for name, picture in pictures(workshop, trained).items():
        assert picture.format == "PNG"
        assert 800 <= picture.width <= 2000, name
        assert 200 <= picture.height <= 1500, name
        assert ink_at_the_edges(picture) == 0, name
        assert len(picture.getcolors(10**6) or ()) > 20, name
    assert not set(manifest["plots"]) & set(manifest["files"])
    assert "Drawing the importance of features, the SHAP values and the report of the test" in workshop.messages


def test_the_report_tells_what_the_training_measured(drawn: Once) -> None:
    workshop, trained = drawn("RIDGE", ModelType.REGRESSION)

    page = workshop.artifacts.get(trained.result.plots[REPORT].sha256).decode()

    metrics, card = trained.result.metrics, trained.result.run_card
    assert metrics["total_return"] is not None
    for told in (f"{metrics['total_return']:.2%}", f"{metrics['sharpe_ratio']:.4g}", card["config_hash"], card["test_start"], "Momentum"):
        assert told in page, told


def test_a_training_without_pictures_measures_the_same(drawn: Once, once: Once) -> None:
    whole, bare = (each("RIDGE", ModelType.REGRESSION)[1].result for each in (drawn, once))

    assert bare.plots == {}
    for part in ("metrics", "validation_metrics", "backtest", "baselines", "feature_importance"):
        assert getattr(bare, part) == getattr(whole, part), part


def test_the_same_training_draws_the_same_bytes_and_another_name_other_ones(drawn: Once, workshop: Workshop) -> None:
    workshop.pictures = True

    def hashes(**named: str) -> dict[str, Artifact]:
        return workshop.train(usual("RIDGE", ModelType.REGRESSION), **named).result.plots

    first = drawn("RIDGE", ModelType.REGRESSION)[1].result.plots

    assert hashes() == first
    assert all(plot != first[name] for name, plot in hashes(model_name="Another").items())
    assert all(plot != first[name] for name, plot in hashes(version="1.1").items())


@pytest.mark.parametrize(
    "name",
    ["W" * 200, "$x^2$ \\frac{1}{2} $", "日本株 मॉडल 🚀", "100 % & <b>", "_"],
    ids=["wide", "mathematics", "scripts", "signs", "short"],
)
@pytest.mark.filterwarnings("error")
def test_any_name_can_stand_on_a_plot(name: str) -> None:
    caption = Caption(
        model_name=name, version="1.12", algorithm="LOGISTIC_REGRESSION", symbols=("$A$",) * 50, start="x", end="y", synthetic=True
    )

    drawn = draw(sample(3), caption=caption)

    assert [ink_at_the_edges(Image.open(BytesIO(data))) for data in drawn.values()] == [0, 0]


def test_many_features_with_long_names_are_cut_to_the_most_important() -> None:
    names = [f"{'volatility_ratio_' * 5}{number}" for number in range(50)]

    drawn = draw(sample(50, outputs=3), importance=dict.fromkeys(names, 0.02), scale="log-odds")

    for data in drawn.values():
        picture = Image.open(BytesIO(data))
        assert picture.height == round(new_sheet(width=1, rows=20).bbox.height)
        assert ink_at_the_edges(picture) == 0


def test_a_model_that_no_feature_moves_is_drawn_too() -> None:
    still = ExplainedSample(np.ones((30, 2)), (ExplainedOutput(None, np.zeros((30, 2)), 0.001),))

    drawn = draw(still, importance={"rsi_14": 0.0, "macd_signal": 0.0})

    assert all(Image.open(BytesIO(data)).width > 800 for data in drawn.values())


def test_a_swarm_moves_equal_values_apart_and_lone_ones_not_at_all() -> None:
    moved = swarm(np.array([0.5, -0.9, 0.5, 0.5, 0.9]), reach=1.0)

    assert moved[[1, 4]].tolist() == [0.0, 0.0]
    assert sorted(moved[[0, 2, 3]]) == pytest.approx([-0.07, 0.0, 0.07])
    assert np.abs(swarm(np.zeros(10_000), reach=1.0)).max() == pytest.approx(0.4)


class Adding:
    """A fitted model whose output k is k plus the sum of the features."""

    def explain(self, rows: Any, *, outputs: Any) -> tuple[Any, Any]:
        return rows.copy(), outputs.astype(float)


def test_each_class_is_explained_over_the_same_bounded_rows() -> None:
    rows = np.arange(3000.0).reshape(1500, 2)

    classes = explain_sample(Adding(), rows, classes=("BUY", "HOLD", "SELL"))  # type: ignore[arg-type]  # all that is asked of it
    value = explain_sample(Adding(), rows[:40], classes=None)  # type: ignore[arg-type]  # as above

    assert len(classes.rows) == MOST_ROWS
    assert [(output.name, output.base) for output in classes.outputs] == [("BUY", 0.0), ("HOLD", 1.0), ("SELL", 2.0)]
    assert all(np.array_equal(output.values, classes.rows) for output in classes.outputs)
    assert classes.rows[[0, -1]].tolist() == rows[[0, -1]].tolist()
    assert ([output.name for output in value.outputs], len(value.rows)) == ([None], 40)
