"""AI Engine's experiments and tunings as documented: every answer, good or bad, is one that its OpenAPI document has."""

import httpx
import pytest

from libs.contracts.tuning import TrialStatus
from tests.faces.test_ai_engine import unexplained
from tests.gateway.document import Document
from tests.gateway.engine.desk import MODELS, Engineer
from tests.gateway.engine.searching import Searcher, experiment, row, search
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
SPACE = {"max_depth": {"type": "int", "min": 2, "max": 8}}
FOREST = {"model_type": "random_forest", "target": "signal_type", "hyperparameter_space": SPACE}
NOBODYS = "exp_01kab8m9x2f1rr0s5q9y2w6n4v"


async def test_whatever_becomes_of_an_experiment_is_answered_as_documented(studio: World, ada: User, document: Document) -> None:
    searcher, heard = Searcher(studio, ada), list[httpx.Response]()

    async def hear(answer: httpx.Response) -> None:
        await answer.aread()
        heard.append(answer)

    ada.http.event_hooks["response"].append(hear)
    for body in (
        {},
        [],
        experiment(name="\u200b"),
        experiment(hyperparameter_space={"x": 3}),
        experiment(max_trials="x"),
        experiment(sampler="x"),
    ):
        await searcher.call("POST", body=body)
    exp = await searcher.made(**FOREST)
    for path in ("", f"/{exp}", f"/{exp}/trials", f"/{exp}/plots/history.png", f"/{NOBODYS}", "/nothing"):
        await searcher.call("GET", path)
    for query in ({"status": "x"}, {"limit": "x"}):
        await searcher.call("GET", "", **query)
    job = await searcher.started(exp)
    await searcher.progress(job, row(0, loss=0.1), row(1, status=TrialStatus.RUNNING))
    await searcher.has_trials(1, f"/{exp}")
    await searcher.get(f"/{exp}/trials")
    for method, path, body in (
        ("POST", "/start", None),
        ("POST", "/resume", {"max_trials": 9}),
        ("DELETE", "", None),
        ("POST", "/resume", {}),
        ("POST", "/stop", None),
    ):
        await searcher.call(method, f"/{exp}{path}", body)
    await searcher.cancel(job)
    await searcher.is_in("stopped", f"/{exp}")
    again = (await searcher.call("POST", f"/{exp}/resume", {"max_trials": 9})).json()["job_id"]
    await searcher.spec(again)
    await searcher.complete(again, row(0, loss=0.1), row(1, loss=0.2, reason=None))
    await searcher.is_in("completed", f"/{exp}")
    await searcher.get(f"/{exp}/trials", sort_by="val_loss")
    for body in ({}, {"trial_id": "nothing"}, {"name": ""}):
        await searcher.call("POST", f"/{exp}/model", body)
    await searcher.call("DELETE", f"/{exp}")
    assert misfits(heard, document) == []
    assert {answer.status_code for answer in heard} == {200, 201, 404, 409, 422}


async def test_whatever_becomes_of_a_tuning_is_answered_as_documented(studio: World, ada: User, document: Document) -> None:
    engineer, searcher, heard = Engineer(studio, ada), Searcher(studio, ada), list[httpx.Response]()

    async def hear(answer: httpx.Response) -> None:
        await answer.aread()
        heard.append(answer)

    ada.http.event_hooks["response"].append(hear)
    path = f"{MODELS}/{await engineer.made()}/hyperparameter-tuning"
    for body in ({}, search(hyperparameter_space=SPACE, dataset_id="none")):
        await searcher.call("POST", path, body)
    job = (await searcher.call("POST", path, search(hyperparameter_space=SPACE))).json()["job_id"]
    await searcher.spec(job)
    for rest in (f"/{job}", f"/{job}/results", "/nothing", "/nothing/results"):
        await searcher.call("GET", f"{path}{rest}")
    await searcher.complete(job, row(0, loss=0.1))
    await searcher.is_in("completed", f"{path}/{job}")
    await searcher.get(f"{path}/{job}/results")
    assert misfits(heard, document) == []
    assert {answer.status_code for answer in heard} == {200, 201, 202, 404, 409, 422}


def misfits(heard: list[httpx.Response], document: Document) -> list[str]:
    """Return what of the answers is not documented, and nulls that have no reason."""
    ours = [answer for answer in heard if answer.request.url.path.startswith("/v1/")]
    wrong = [wrong for answer in ours for wrong in document.misfits(answer)]
    return wrong + [path for answer in ours if "json" in answer.headers["content-type"] for path in unexplained(answer.json())]
