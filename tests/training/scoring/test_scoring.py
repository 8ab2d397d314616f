"""What the job kind `score_texts` runs: the sentiment of texts as a column of shipped candles, never known before it was published."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.own_candles import OwnCandles
from libs.contracts.text_scoring import SCORES, ScoreTextsResult, ScoreTextsSpec
from libs.contracts.texts import TextData
from libs.market.candles import Market
from libs.market.datasets.canonical import read_facts
from libs.quant.candles import Candles
from libs.quant.features import compute_features
from services.training.learners.progress import Checkpoints, Progress
from services.training.outbound.checkpoint_files import CheckpointFile
from services.training.scoring.run import run
from tests.texts.small_models import keep_lexicon, keep_small_model

MARKET = Market(None, synthetic_allowed=False)
GOOD, BAD, PLAIN = "profit surges", "profit plunges", "an office moves"
CLOSE = datetime(2012, 3, 6, 21, tzinfo=UTC)
"""When AAPL's candle of a Tuesday closes."""


def at(hours: float) -> str:
    """Return a moment so many hours after the close."""
    return (CLOSE + timedelta(hours=hours)).isoformat()


def score(
    artifacts: Artifacts, rows: list[str], told: list[Progress] | None = None, *, checkpoints: Checkpoints | None = None, **changes: Any
) -> ScoreTextsResult:
    file = artifacts.put("\n".join(["published_at,ticker,headline", *rows, ""]).encode())
    artifact = changes.pop("artifact", None) or keep_small_model(artifacts).sha256
    given = {"model_id": "model_1", "version": "1.0", "artifact": artifact, "dataset_name": "News", "rows_most": 10**6}
    spec = ScoreTextsSpec.model_validate(given | {"data": TextData(path="news.csv", artifact=file)} | changes)
    return run(spec, artifacts=artifacts, market=MARKET, report=(told if told is not None else []).append, checkpoints=checkpoints)


def candles_of(result: ScoreTextsResult, artifacts: Artifacts) -> Candles:
    """Return the dataset's candles as a training of its owner reads them."""
    made = result.symbols[0]
    assert made.checked.artifact is not None
    assert made.checked.start is not None
    assert made.checked.end is not None
    own = OwnCandles(
        dataset_id="dataset_1",
        version=1,
        symbol=made.dataset_symbol,
        timeframe="1d",
        sha256=made.checked.artifact.sha256,
        calendar=made.checked.calendar or "",
        start=made.checked.start.date(),
        end=made.checked.end.date(),
    )
    return Market(None, synthetic_allowed=False, artifacts=artifacts, own=(own,)).candles(made.dataset_symbol, "1d")


def test_a_text_is_a_feature_from_the_first_close_after_it_and_not_before(tmp_path: Path) -> None:
    artifacts, told = Artifacts(str(tmp_path)), list[Progress]()
    rows = [f"{at(-1)},AAPL,{GOOD}", f"{at(-2)},AAPL,{PLAIN}", f"{at(0)},AAPL,{BAD}", f"{at(1)},AAPL,{BAD}"]

    result = score(artifacts, rows, told)
    candles = candles_of(result, artifacts)

    names = ("sentiment_score", "sentiment_texts", "sentiment_score_lag_1")
    features = compute_features(candles, names)
    place = int(np.searchsorted(candles.time, int(CLOSE.timestamp()) * 10**9))
    assert candles.time[place] == int(CLOSE.timestamp()) * 10**9
    good = float(pq.read_table(io.BytesIO(artifacts.get(result.files[SCORES].sha256)))["score"][0])
    assert good > 0.9
    assert np.isnan(features[:place, 0]).all()  # What was published later is not known at any close before.
    assert features[place].tolist() == pytest.approx([good / 2, 2, np.nan], nan_ok=True)
    assert features[place + 1, 0] < -0.9  # At the very close and in the evening: the next day's.
    assert features[place + 1, 1:].tolist() == pytest.approx([2, good / 2])
    assert features[place + 2, 1] == 0
    assert features[place + 2, 0] == features[place + 1, 0]
    packaged = MARKET.candles("AAPL", "1d")
    assert (candles.time == packaged.time).all()
    assert (candles.close == packaged.close).all()
    assert (candles.segment == packaged.segment).all()
    assert (result.rows, result.scored, result.left_out, result.labels) == (4, 4, {}, {"negative": 3, "neutral": 0, "positive": 1})
    assert (result.symbols[0].dataset_symbol, result.symbols[0].texts, result.symbols[0].bars) == ("AAPL-SENT", 4, 2)
    assert [each.name for each in result.symbols[0].checked.columns][-3:] == [
        "sentiment_score",
        "sentiment_score__known_at",
        "sentiment_texts",
    ]
    assert (told[0].stage, told[-1].stage) == ("loading data", "scoring")
    assert score(artifacts, rows) == result


def test_a_day_without_a_clock_counts_when_it_is_over(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))

    result = score(artifacts, [f"2012-03-06,AAPL,{GOOD}"])
    candles = candles_of(result, artifacts)

    known = np.flatnonzero(~np.isnan(compute_features(candles, ("sentiment_score",))[:, 0]))
    assert datetime.fromtimestamp(candles.time[known[0]] / 10**9, UTC).date().isoformat() == "2012-03-07"
    assert "when its day (UTC) is over" in " ".join(result.notes)


def test_what_counts_for_no_candle_is_told_by_why_and_each_symbol_has_a_dataset(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))
    rows = [
        f"{at(-1)},AAPL,{GOOD}",
        f"{at(-1)},MSFT,{BAD}",
        f"{at(-1)},AAPL,",
        f"soon,AAPL,{GOOD}",
        f"{at(-1)},,{GOOD}",
        f"{at(-1)},ZZZZQ,{GOOD}",
        f"1999-01-04T12:00:00Z,AAPL,{GOOD}",
        f"2024-01-04T12:00:00Z,AAPL,{GOOD}",
    ]

    result = score(artifacts, rows, artifact=keep_lexicon(artifacts).sha256)

    assert result.left_out == dict.fromkeys(("empty_text", "no_time", "no_symbol", "no_candles", "before_candles", "after_candles"), 1)
    assert result.without_candles == ("ZZZZQ",)
    assert [(each.symbol, each.texts) for each in result.symbols] == [("AAPL", 1), ("MSFT", 1)]
    table = pq.read_table(io.BytesIO(artifacts.get(result.files[SCORES].sha256))).to_pydict()
    assert table["label"][:3] == ["positive", "negative", None]
    assert table["probability_positive"][2] is None
    (first, _) = [each.checked.artifact for each in result.symbols]
    assert first is not None
    assert read_facts(artifacts.get(first.sha256)).symbol == "AAPL-SENT"


@pytest.mark.parametrize(
    ("rows", "changes", "field", "word"),
    [
        ([f"{at(0)},ZZZZQ,{GOOD}"], {}, "symbol_column", "ZZZZQ"),
        ([f"soon,AAPL,{GOOD}"], {}, "time_column", "soon"),
        ([f"{at(0)},AAPL,"], {}, "text_column", "empty"),
        ([f"2024-01-04T12:00:00Z,AAPL,{GOOD}"], {}, "time_column", "while its symbol has candles"),
        ([f"{at(0)},AAPL,{GOOD}"], {"rows_most": 10}, "data_path", "there is room for"),
        ([f"{at(0)},AAPL,{GOOD}"], {"taken": ("AAPL-SENT",)}, "symbol_suffix", "already"),
        ([f"{at(0)},AAPL,{GOOD}"], {"text_column": "headlin"}, "text_column", "headline"),
    ],
)
def test_what_no_scores_can_be_made_of_is_refused_by_its_field(
    tmp_path: Path, rows: list[str], changes: dict[str, Any], field: str, word: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        score(Artifacts(str(tmp_path)), rows, **changes)

    assert word in refused.value.details[field][0]


def test_a_model_whose_labels_are_no_words_of_sentiment_scores_nothing(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))

    with pytest.raises(InvalidError) as refused:
        score(artifacts, [f"{at(0)},AAPL,{GOOD}"], artifact=keep_small_model(artifacts, labels=("a", "b", "c")).sha256)

    assert "no score of sentiment" in refused.value.details["model"][0]


class KilledError(Exception):
    """The machine of a run is gone."""


def test_a_killed_scoring_goes_on_where_it_was_and_comes_to_the_same_file(tmp_path: Path) -> None:
    artifacts, told = Artifacts(str(tmp_path)), list[Progress]()
    rows = [f"{at(-1 - number)},AAPL,{GOOD if number % 3 else BAD} {'today ' * (number % 7)}" for number in range(600)]

    def killed() -> None:
        raise KilledError

    with pytest.raises(KilledError):
        score(artifacts, rows, checkpoints=CheckpointFile(artifacts, "job_1", on_save=killed))
    again = score(artifacts, rows, told, checkpoints=CheckpointFile(artifacts, "job_1", on_save=lambda: None))

    assert "Goes on after 256 texts, which the attempt before had scored" in [each.message for each in told]
    assert [each.step for each in told if each.message.endswith("texts are scored")] == [512, 600]
    assert again == score(artifacts, rows)
