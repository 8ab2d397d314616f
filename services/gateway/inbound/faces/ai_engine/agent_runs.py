"""AI Engine's runs: an agent that is let loose, on days that it has not seen or on other candles."""

from typing import Annotated, Final

from fastapi import Path, status
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from modelbourse.answers.engine import agents as answers
from services.gateway.domain.environments.errors import AgentNotReadyError
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.inbound.faces.ai_engine.agent_answers import check_belongs, job_id_of, run_id_of, run_of, run_row_of
from services.gateway.inbound.faces.ai_engine.agents import NO_AGENT, NO_PLOT, PICTURE, TOO_MANY_JOBS, AgentId, PlotName, Use, picture
from services.gateway.inbound.faces.ai_engine.environment_requests import RunAgentIn
from services.gateway.inbound.faces.ai_engine.environments import PREFIX, EnvironmentId
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_SUCH_PART, PAGES, Reader, Trainer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import PARAMETER
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.nouns import AgentUseCases

NOUN: Final = "agent run"


def _no_run(run_id: str) -> JobNotFoundError:
    return JobNotFoundError(run_id, noun=NOUN)


RunId = Annotated[str, id_of("run", _no_run), Path(description="The run's id.", examples=[answers.RUN_ID])]
NO_RUN: Final = _no_run(answers.RUN_ID)
NOT_READY: Final = AgentNotReadyError(answers.AGENT_ID, state="training")
routes = make_router(prefix=f"{PREFIX}/{{environment_id}}/agents/{{agent_id}}", tags=[FACE.tag("rl-environments")])


@routes.post(
    "/run",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Run an RL agent",
    response_description="It is accepted and waits for a worker.",
    responses=refused(FACE, NO_AGENT, NOT_READY, TOO_MANY_JOBS, 402, 504),
)
@starts_work
async def run_agent(
    environment_id: EnvironmentId, agent_id: AgentId, body: RunAgentIn, caller: Trainer, *, work: CurrentWork, use: Use
) -> answers.AcceptedRun:
    """Let a trained agent loose, beside buy and hold, a random agent and a flat one on the same bars."""
    agent = await use.agents.get(agent_id, account_id=caller.account_id, environment_id=environment_id)
    asked = body.data_source.asked() if body.data_source else None
    spec = await use.draft_run(agent, asked, body.given(), caller=caller)
    started = await use.start(Order(kind=JobKind.AGENT_RUN, spec=spec, name=f"{agent.name} run"), caller=caller, work=work)
    return run_row_of(started.job)


@routes.get(
    "/runs",
    summary="List an RL agent's runs",
    response_description="A part of the list, the newest first.",
    responses=NO_SUCH_PART | refused(FACE, NO_AGENT),
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_runs(request: Request, environment_id: EnvironmentId, agent_id: AgentId, caller: Reader, use: Use) -> answers.AgentRuns:
    """Show runs in short: each has its results at its own address."""
    part = PAGES.read(request)
    await use.agents.get(agent_id, account_id=caller.account_id, environment_id=environment_id)
    page = await use.jobs.find(caller.account_id, part, JobFilter(JobKind.AGENT_RUN, spec={"agent_id": agent_id}))
    rows = [run_row_of(each) for each in page.items]
    return answers.AgentRuns(runs=rows, total=page.count, limit=part.size, offset=part.skipped)


@routes.get(
    "/runs/{run_id}",
    summary="Get RL run results",
    response_description="How it stands; when it has completed, what it has measured.",
    responses=refused(FACE, NO_RUN),
    response_model_exclude_unset=True,
)
async def get_run(environment_id: EnvironmentId, agent_id: AgentId, run_id: RunId, caller: Reader, use: Use) -> answers.AgentRun:
    """There are no `results` until it has completed."""
    return run_of(await _run(use, run_id, account_id=caller.account_id, environment_id=environment_id, agent_id=agent_id))


@routes.post(
    "/runs/{run_id}/cancel",
    summary="Cancel an RL run",
    responses=refused(FACE, NO_RUN, JobEndedError(JobState.SUCCEEDED), 504),
    response_model_exclude_unset=True,
)
async def cancel_run(environment_id: EnvironmentId, agent_id: AgentId, run_id: RunId, caller: Trainer, use: Use) -> answers.AgentRun:
    """End one that waits or runs; hours that it has not used come back."""
    job = await _run(use, run_id, account_id=caller.account_id, environment_id=environment_id, agent_id=agent_id)
    return run_of(await use.stop(job.id, account_id=caller.account_id, kind=JobKind.AGENT_RUN))


@routes.get(
    "/runs/{run_id}/plots/{plot}",
    summary="Get a picture of an RL run",
    response_class=Response,
    responses=PICTURE | refused(FACE, NO_PLOT),
    openapi_extra={"parameters": [PARAMETER]},
)
async def get_run_plot(
    request: Request, environment_id: EnvironmentId, agent_id: AgentId, *, run_id: RunId, plot: PlotName, caller: Reader, use: Use
) -> Response:
    """Show what `render` has drawn: equity beside its baselines, trades on their candles."""
    job = await _run(use, run_id, account_id=caller.account_id, environment_id=environment_id, agent_id=agent_id)
    there = {name: file["sha256"] for name, file in (job.result or {}).get("files", {}).items()}
    return await picture(plot, there, files=use.files, request=request)


async def _run(use: AgentUseCases, run_id: str, *, account_id: str, environment_id: str, agent_id: str) -> Job:
    """Return the job of a run. Raise JobNotFoundError, by the run's own id."""
    try:
        job = await use.jobs.get(job_id_of(run_id), account_id=account_id, kind=JobKind.AGENT_RUN)
        return check_belongs(job, environment_id=environment_id, agent_id=agent_id)
    except JobNotFoundError as error:
        raise _no_run(run_id_of(error.job_id)) from error
