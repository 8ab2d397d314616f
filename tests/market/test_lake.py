"""The lake: what is written comes back, and a damaged file is as if it were not there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from libs.market.candles import Market
from libs.market.lake import Lake
from libs.market.real import LOADER_VERSION
from libs.quant.candles import Candles
from tests.quant.walks import walk

FIELDS = ("symbol", "timeframe", "source", "source_hash", "adjustment", "synthetic", "bars_per_year")
ARRAYS = ("time", "open", "high", "low", "close", "volume", "segment", "stale_open")


def assert_same(first: Candles, second: Candles) -> None:
    assert [getattr(first, name) for name in FIELDS] == [getattr(second, name) for name in FIELDS]
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    lake, candles = Lake(tmp_path, 1), replace(walk(50, segments=2), stale_open=np.arange(50) % 3 == 1)

    lake.write(candles)

    found = lake.read("WALK", timeframe="1h", source_hash=candles.source_hash)
    assert found is not None
    assert_same(found, candles)
    assert [path.name for path in (tmp_path / "WALK").iterdir()] == ["1h-0000000000000000-1.parquet"]


@pytest.mark.parametrize(("version", "source_hash"), [(2, "0" * 64), (1, "1" * 64), (1, "0" * 16 + "1" * 48)])
def test_another_loader_or_source_is_another_file(tmp_path: Path, version: int, source_hash: str) -> None:
    Lake(tmp_path, 1).write(walk(50))

    assert Lake(tmp_path, version).read("WALK", timeframe="1h", source_hash=source_hash) is None


@pytest.mark.parametrize("damage", [b"", b"PAR1 no parquet at all PAR1"])
def test_a_damaged_file_is_loaded_and_written_anew(tmp_path: Path, damage: bytes) -> None:
    expected = Market(lake=None, synthetic_allowed=False).candles("GOOG", "1d")
    Market(lake=tmp_path, synthetic_allowed=False).candles("GOOG", "1d")
    [path] = (tmp_path / "GOOG").iterdir()
    path.write_bytes(damage)

    found = Market(lake=tmp_path, synthetic_allowed=False).candles("GOOG", "1d")

    assert_same(found, expected)
    assert path.stat().st_size > 10_000


def test_a_file_with_other_numbers_than_it_was_written_with_is_not_believed(tmp_path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - as the lake does

    lake, candles = Lake(tmp_path, 1), walk(50)
    lake.write(candles)
    path = lake.path("WALK", timeframe="1h", source_hash=candles.source_hash)
    table = pq.read_table(path)
    pq.write_table(table.set_column(1, "open", table["high"]), path)

    assert lake.read("WALK", timeframe="1h", source_hash=candles.source_hash) is None


def test_a_file_that_lacks_a_value_is_not_believed(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - as the lake does
    import pyarrow.parquet as pq  # noqa: PLC0415 - as the lake does

    lake, candles = Lake(tmp_path, 1), walk(50)
    lake.write(candles)
    path = lake.path("WALK", timeframe="1h", source_hash=candles.source_hash)
    table = pq.read_table(path)
    pq.write_table(table.set_column(1, "open", pa.array([None, *candles.open[1:].tolist()])), path)

    assert lake.read("WALK", timeframe="1h", source_hash=candles.source_hash) is None


def test_what_is_in_the_lake_is_not_loaded_again(tmp_path: Path) -> None:
    whole = Market(lake=tmp_path, synthetic_allowed=False).candles("NVDA", "1d")
    few = replace(walk(50), symbol="NVDA", timeframe="1d", source_hash=whole.source_hash)

    Lake(tmp_path, LOADER_VERSION).write(few)  # what the source does not say

    assert_same(Market(lake=tmp_path, synthetic_allowed=False).candles("NVDA", "1d"), few)
