"""The canonical file: what is written comes back, and the same rows are the same bytes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libs.contracts.datasets import DatasetKind
from libs.market.datasets.canonical import NO_MOMENT, CanonicalError, Facts, read_candles, read_facts, read_groups, write
from tests.quant.walks import walk

CANDLES = ("open", "high", "low", "close", "volume")
FACTS = Facts(
    kind=DatasetKind.CANDLES,
    columns=(
        ("time", "time", "time"),
        *((name, name, "number") for name in CANDLES),
        ("segment", "value", "integer"),
        ("sentiment", "feature", "number"),
        ("sentiment__known_at", "known_at", "time"),
    ),
    symbol="ACME",
    timeframe="1h",
    calendar="24/7",
    bars_per_year=8760.0,
)


def columns(count: int) -> dict[str, np.ndarray[Any, Any]]:
    candles = walk(count, segments=2)
    arrays = {name: getattr(candles, name) for name in ("time", *CANDLES, "segment")}
    known = candles.time + 5
    known[3] = NO_MOMENT
    return arrays | {"sentiment": np.where(np.arange(count) == 2, np.nan, 0.5), "sentiment__known_at": known}


def part_of(arrays: Mapping[str, Any]) -> Any:
    return lambda start, stop: {name: array[start:stop] for name, array in arrays.items()}


def test_candles_come_back_with_their_further_columns(tmp_path: Path) -> None:
    arrays = columns(50)

    digest = write(tmp_path / "a.parquet", facts=FACTS, rows=50, part=part_of(arrays))

    candles, further = read_candles(tmp_path / "a.parquet", symbol="MINE")
    for name in ("time", *CANDLES, "segment"):
        np.testing.assert_array_equal(getattr(candles, name), arrays[name])
    assert (candles.symbol, candles.timeframe, candles.bars_per_year, candles.source_hash) == ("MINE", "1h", 8760.0, digest)
    np.testing.assert_array_equal(further["sentiment"], arrays["sentiment"])
    assert further["sentiment__known_at"][3] == arrays["time"][3]  # known when the candle closed
    assert further["sentiment__known_at"][4] == arrays["time"][4] + 5
    assert read_facts(tmp_path / "a.parquet") == FACTS
    assert read_facts(tmp_path / "a.parquet").further == ("sentiment",)
    of_bytes, _ = read_candles((tmp_path / "a.parquet").read_bytes(), symbol="MINE")
    assert of_bytes.source_hash == digest


def test_the_same_rows_are_the_same_bytes_and_others_are_not(tmp_path: Path) -> None:
    arrays = columns(50)
    other = arrays | {"close": arrays["close"] + 1e-12}

    digests = [
        write(tmp_path / f"{number}", facts=facts, rows=50, part=part_of(rows))
        for number, (rows, facts) in enumerate([(arrays, FACTS), (arrays, FACTS), (other, FACTS), (arrays, replace(FACTS, symbol="X"))])
    ]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_rows_come_in_groups_of_a_size_that_the_columns_decide(tmp_path: Path) -> None:
    facts = Facts(kind=DatasetKind.TABLE, columns=tuple((f"c{number}", "value", "number") for number in range(400)))
    rows = np.arange(9_000, dtype=float)

    write(tmp_path / "a", facts=facts, rows=9_000, part=lambda start, stop: {f"c{number}": rows[start:stop] for number in range(400)})

    groups = [group["c7"].to_pylist() for group in read_groups(tmp_path / "a", columns=["c7"])]
    assert [len(group) for group in groups] == [4096, 4096, 808]
    assert [value for group in groups for value in group] == rows.tolist()


@pytest.mark.parametrize("content", [b"", b"time,open\n", b"PAR1 no parquet at all PAR1"])
def test_another_file_is_no_canonical_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)

    with pytest.raises(CanonicalError):
        read_facts(tmp_path / "a")
    with pytest.raises(CanonicalError):
        read_candles(content, symbol="MINE")


def test_a_table_has_no_candles(tmp_path: Path) -> None:
    facts = Facts(kind=DatasetKind.TABLE, columns=(("a", "value", "number"),))
    write(tmp_path / "a", facts=facts, rows=1, part=lambda _start, _stop: {"a": np.array([1.0])})

    with pytest.raises(CanonicalError, match="a file of table has no candles"):
        read_candles(tmp_path / "a", symbol="MINE")
