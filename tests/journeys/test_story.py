"""The main job, end to end, on both brokers: what `make demo` tells."""

import pytest
from rich.console import Console

from deploy.local.story import Story
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey


def test_the_demos_story_holds(platform: Platform) -> None:
    story = Story(platform.gateway, console=Console(quiet=True))

    summary = story.run()
    story.print_summary()

    assert summary["rows"] > 3000
    assert [prediction["symbol"] for prediction in summary["predictions"]] == ["AAPL", "MSFT"]
    assert summary["additivity_error"] <= 1e-6
    assert 0 < summary["accuracy"] < 1
