"""A model that is watched, on real processes: what was measured and estimated, an alert, and a page that stands alone."""

import asyncio
import time
from typing import Any, Final

import pytest

from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.soak]
FACE: Final = "/api/ml-development/models"


async def taken(customer: Customer, path: str, *, within: float = 300.0) -> dict[str, Any]:
    """Wait until a snapshot is no longer computed, and return it."""
    deadline = time.monotonic() + within
    while (told := (await customer.call("GET", path)).json())["status"] == "computing":
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.3)
    return dict(told)


@pytest.mark.timeout(600)
async def test_a_snapshot_measures_what_came_since_a_model_was_trained(platform: Platform) -> None:
    # Given a model of candles that come with the platform, which end in 2013
    ada = await Customer(platform.gateway).sign_up()
    model = small_model("Watched")
    model["training_config"] |= {"symbols": ["AAPL"], "end_date": "2010-12-31"}
    model_id = await ada.make_model(model)
    assert (await ada.ended(await ada.train(model_id)))["status"] == "COMPLETED"

    # When it is looked at
    asked = await ada.persist("POST", f"{FACE}/{model_id}/monitoring", body={}, accept={202})
    snapshot = await taken(ada, f"{FACE}/{model_id}/monitoring/{asked.json()['id']}")

    # Then what came since is measured and estimated, and that it has ended long ago is an alert
    assert snapshot["status"] == "done", snapshot
    performance = snapshot["performance_metrics_json"]
    assert performance["estimated"]["accuracy"]["lower"] < performance["estimated"]["accuracy"]["upper"]
    assert {"accuracy", "estimated_by", "reference"} <= performance.keys()
    assert {each["name"] for each in snapshot["drift_metrics_json"]["features"]} == set(model["features"])
    assert snapshot["rows_json"]["current"] > snapshot["rows_json"]["reference"] > 0
    assert "freshness" in [alert["cause"] for alert in snapshot["alerts_json"]["open"]]
    page = await ada.call("GET", snapshot["report_url"])
    assert page.text.lower().startswith("<!doctype html>")
    await ada.close()
