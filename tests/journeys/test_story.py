"""The main job, end to end, on both brokers: what `make demo` tells."""

from typing import Any

import pytest
from rich.console import Console

from deploy.local.story import Story
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey


def assert_it_holds(summary: dict[str, Any]) -> None:
    """Fail unless the summary is that of a model that has learned and whose predictions add up."""
    assert summary["rows"] > 3000
    assert [prediction["symbol"] for prediction in summary["predictions"]] == ["AAPL", "MSFT"]
    assert summary["additivity_error"] <= 1e-6
    assert 0 < summary["accuracy"] < 1


@pytest.mark.soak  # On the embedded broker it is `make demo` itself: test_demo.py.
def test_the_demos_story_holds(platform: Platform) -> None:
    story = Story(platform.gateway, console=Console(quiet=True))

    summary = story.run()
    story.print_summary()

    assert_it_holds(summary)
