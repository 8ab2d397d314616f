"""The service on a real Ray cluster: warm runners, cancellation, killed processes, and the death of Ray itself."""

import contextlib
import os
import signal
import uuid
from pathlib import Path

import psutil
import pytest

from deploy.local.ports import free_ports
from deploy.local.program import Program, running
from deploy.local.servers import RAY_PORTS, RAY_WORKER_PORTS, ray_head
from libs.contracts.training import JobState, TrainingRequested
from tests.conftest import RAY_TOKEN
from tests.training.conftest import Story, pids_in, until
from tests.training.serving import serving


def kept(story: Story, request: TrainingRequested) -> list[Path]:
    """The files that a job's checkpoint consists of by now."""
    return list((Path(story.settings.artifacts_url) / "named" / "checkpoints").glob(f"{request.job_id}.*"))


async def test_a_killed_runner_process_costs_an_attempt_and_nothing_more(ray_story: Story) -> None:
    async with ray_story.service():
        request = await ray_story.request(hold_at=2, fits=True, pids=str(ray_story.folder))
        await until(lambda: bool(pids_in(ray_story.folder)))
        await ray_story.is_at_gate(request, step=2)

        os.kill(*pids_in(ray_story.folder), signal.SIGKILL)
        await until(lambda: any(each["attempt"] == 2 and each["step"] == 2 for each in ray_story.told(request, "training.progressed")))
        ray_story.open_gate()
        end = await ray_story.ended(request)
        await until(lambda: kept(ray_story, request) == [])

    job = await ray_story.job(request)
    assert (end["topic"], end["resource"]) == ("training.completed", "cpu")
    assert job["starts"] == 2
    assert [line["message"] for line in job["logs"] if "goes on after" in line["message"]] == ["the fit goes on after step 2"]


async def test_a_cancelled_jobs_process_is_gone_when_the_answer_comes(ray_story: Story) -> None:
    async with ray_story.service():
        request = await ray_story.request(deaf_at=1, pids=str(ray_story.folder))
        await until(lambda: bool(pids_in(ray_story.folder)))
        (pid,) = pids_in(ray_story.folder)
        await ray_story.is_at_gate(request)

        answer = await ray_story.cancel(request)

    assert answer.state is JobState.CANCELLED
    assert kept(ray_story, request) == []
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_a_new_service_finds_the_run_of_a_former_one(ray_story: Story) -> None:
    async with ray_story.service("training-1"):
        request = await ray_story.request(hold_at=1, pids=str(ray_story.folder))
        await until(lambda: bool(pids_in(ray_story.folder)))
        await ray_story.is_at_gate(request)

    async with ray_story.service("training-2"):
        ray_story.open_gate()
        end = await ray_story.ended(request)

    assert end["topic"] == "training.completed"
    assert len(pids_in(ray_story.folder)) == 1


@pytest.fixture
def head(tmp_path: Path) -> Program:
    """A Ray head of this test alone, to be killed."""
    ports = free_ports(len(RAY_PORTS) + 1)
    workers = 20000 + (ports[-1] % 10000 // RAY_WORKER_PORTS) * RAY_WORKER_PORTS
    mark = f"tests-{uuid.uuid4().hex}:ray"
    return ray_head(ports=ports[:-1], worker_ports=workers, cpus=2, token=RAY_TOKEN, log=tmp_path / "ray.log", mark=mark)


@pytest.fixture
def doomed_story(story: Story, head: Program) -> Story:
    port = next(argument.partition("=")[2] for argument in head.argv if argument.startswith("--port="))
    story.settings = story.settings.model_copy(update={"ray_address": f"127.0.0.1:{port}"})
    return story


@pytest.mark.soak  # It starts a Ray of its own, twice; what the service makes of a lost cluster is in test_surviving.py.
@pytest.mark.timeout(300)
async def test_jobs_are_taken_up_again_when_ray_itself_was_killed(doomed_story: Story, head: Program) -> None:
    story = doomed_story
    request = story.a_request(hold_at=1, pids=str(story.folder))

    async def has_logged(line: str) -> bool:
        return line in [each["message"] for each in (await story.job(request)).get("logs", ())]

    async def has_ended() -> bool:
        return (await story.job(request))["state"] == JobState.SUCCEEDED

    async with serving(story, request):
        with running(head) as process:
            await until(lambda: has_logged("step 1"), within=120)
            for each in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):  # Some end by themselves when their parent does.
                    each.kill()

        with running(head):
            await until(lambda: len(pids_in(story.folder)) == 2, within=120)
            story.open_gate()
            await until(has_ended)

    assert await has_logged("begins at step 1")
