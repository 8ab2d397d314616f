"""Runs of the tests side by side leave each other's folders in memory alone."""

from pathlib import Path

from tests.memory_disk import PREFIX, clear_left, in_use


def test_only_what_a_run_has_left_is_cleared_away(tmp_path: Path) -> None:
    beginning, going_on, left = (tmp_path / f"{PREFIX}{name}" for name in ("beginning", "going_on", "left"))
    for folder in (beginning, going_on, left):
        folder.mkdir()
    with in_use(left):
        (left / "data").mkdir()

    with in_use(going_on):
        clear_left(tmp_path)

        assert set(tmp_path.iterdir()) == {beginning, going_on}
