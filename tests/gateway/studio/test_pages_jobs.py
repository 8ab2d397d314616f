"""Stories of pages about jobs: of every kind in one list, each with what comes of it."""

import re

import pytest

from libs.contracts.job_kinds import JobKind
from services.gateway.inbound.pages.rendering import PAGE_OF_KIND
from services.gateway.inbound.pages.served import PAGES
from tests.faces.backtests import accepted
from tests.gateway.studio.other_jobs import job_of
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_jobs_of_every_kind_are_listed_and_lead_to_what_comes_of_them(studio: World) -> None:
    # given a backtest and a training
    somebody, other = await reader(studio), await reader(studio)
    user = as_user(studio, somebody)
    user.account_id = (await user.http.get("/auth/me")).json()["id"]
    model_id = await user.make_model()
    training, played = await user.train(model_id), (await accepted(user))["task_id"]

    # when they are looked for, looked at, and one is cancelled
    listed = await somebody.open("/app/jobs")
    backtests = await somebody.open("/app/jobs?kind=backtest&state=queued")
    none = await somebody.open("/app/jobs?kind=tune")
    of_training, of_backtest = await somebody.open(f"/app/jobs/{training}"), await somebody.open(f"/app/jobs/{played}")
    cancelled = await somebody.send(f"/app/jobs/{played}", action="cancel")
    await job_of(studio, played, user, slot=None)
    ended = await somebody.open(f"/app/jobs/{played}")
    again = await other.open(f"/app/jobs/{played}", status=404)

    # then each has its page and leads on
    assert f'href="/app/jobs/{training}"' in listed
    assert f'href="/app/backtests/{played}"' in listed
    assert re.search(r'<option value="backtest" selected>', backtests)
    assert training not in backtests
    assert "No job is like this" in text_of(none)
    assert f'href="/app/models/{model_id}"' in of_training
    assert f'href="/app/backtests/{played}"' in of_backtest
    assert cancelled.status_code == 303
    assert "came back" in text_of(ended)
    assert 'value="cancel"' not in ended
    assert played in again


async def test_each_kind_of_job_has_a_place_that_there_is() -> None:
    there = {re.sub(r"\{\w+\}", "…", page.path) for page in PAGES}
    led_to = {address for kind in PAGE_OF_KIND.values() for address in (kind.followed, *(each for each, _ in kind.results))}

    assert PAGE_OF_KIND.keys() == set(JobKind)
    assert {address for address in led_to if re.sub(r"\{\w+\}", "…", address.partition("?")[0]) not in there} == set()
