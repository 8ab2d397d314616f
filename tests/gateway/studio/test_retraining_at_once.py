"""Models that are retrained by themselves, where a training ends before its turn is written down."""

from dataclasses import replace
from typing import Any

import pytest

from services.gateway.usecases.jobs.start_job import Started
from tests.gateway.studio.meanwhile import Meanwhile, once
from tests.gateway.studio.retraining import WEEK, Hands, kept
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_training_that_fails_before_its_turn_is_written_down_is_shown_as_failed(studio: World, ada: User) -> None:
    model, later = await kept(studio, Hands(), ada), Hands(ahead=2 * WEEK)
    await model.new_candles()
    retrain, due = studio.gateway.platform.retrain, await studio.gateway.platform.models.get(model.model_id, account_id=None)

    async def fails(started: Started) -> None:
        await studio.training.fail(started.job.id)
        await ada.job_is(started.job.id, "FAILED")

    turns: Any = Meanwhile(retrain.turns, take=once(due))
    start: Any = Meanwhile(retrain.start, fails)
    await replace(retrain, turns=turns, start=start, clock=later)()

    last = await model.last("FAILED")
    assert last["reason"] == f"{last['job_id']} has made no version."
