"""AI Engine's agents: trained in an environment, followed, shown, deleted."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from starlette.requests import Request
from starlette.responses import Response

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.engine import agents as answers
from modelbourse.answers.engine.environments import DeletedEnvironment
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.environments.environment import NAME_MOST
from services.gateway.domain.environments.errors import AgentNotFoundError, EnvironmentBusyError
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.models.errors import PlotMissingError
from services.gateway.domain.models.ports import ArtifactFiles
from services.gateway.inbound.faces.ai_engine.agent_answers import accepted_of, agent_of, agent_row_of, check_belongs, training_of
from services.gateway.inbound.faces.ai_engine.environment_requests import TrainAgentIn
from services.gateway.inbound.faces.ai_engine.environments import NO_ENVIRONMENT, PREFIX, WORKING, EnvironmentId
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_SUCH_PART, PAGES, Reader, Trainer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import DRAWN_POLICY, HEADERS, PARAMETER, SAME, has, kept_answer
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.nouns import AgentUseCases

AgentId = Annotated[str, id_of("agent", AgentNotFoundError), Path(description="The agent's id.", examples=[answers.AGENT_ID])]
TrainingId = Annotated[str, id_of("job", JobNotFoundError), Path(description="The training's job.", examples=[JOB_ID])]
PlotName = Annotated[str, Path(max_length=60, description="A name of `plots`.", examples=["equity.png"])]
Use = Annotated[AgentUseCases, used(AgentUseCases)]
MEDIA_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml", "html": "text/html"}
NO_AGENT: Final = AgentNotFoundError(answers.AGENT_ID)
NO_JOB: Final = JobNotFoundError(JOB_ID, noun="agent training job")
NO_PLOT: Final = PlotMissingError("There is no equity.png. There are learning.png.")
MISSPELT: Final = InvalidError(
    "Unknown type of agent 'pppo'. Did you mean 'ppo'?", details={"agent_type": ["Unknown type of agent 'pppo'. Did you mean 'ppo'?"]}
)
TOO_MANY_JOBS: Final = TierLimits(DEFAULTS).refusal(Limit.JOBS, tier=Tier.FREE)
PICTURE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The picture.",
        "headers": HEADERS,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}, "example": "a picture"} for kind in ("image/png", "image/svg+xml")
        },
    },
    304: SAME,
}
routes = make_router(prefix=f"{PREFIX}/{{environment_id}}", tags=[FACE.tag("rl-environments")])


@routes.post(
    "/train",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Train an RL agent",
    response_description="It is accepted and waits for a worker.",
    responses=refused(FACE, NO_ENVIRONMENT, MISSPELT, TOO_MANY_JOBS, 402, 504),
)
@starts_work
async def train_agent(
    environment_id: EnvironmentId, body: TrainAgentIn, caller: Trainer, work: CurrentWork, use: Use
) -> answers.AcceptedAgent:
    """Learn from the older part of the environment's days, be measured in the newest; the best of the seeds is served."""
    spec = await use.draft(environment_id, body.given(), caller=caller, work=work)
    environment = await use.environments.get(environment_id, account_id=caller.account_id)
    name = body.name or f"{environment.name} {spec.agent_type}"[:NAME_MOST]
    started = await use.start(Order(kind=JobKind.AGENT, spec=spec, name=name), caller=caller, work=work)
    return accepted_of(started.job)


@routes.get(
    "/train/{job_id}",
    summary="Get an RL training job",
    responses=refused(FACE, NO_JOB),
    response_model_exclude_unset=True,
)
async def get_agent_training(environment_id: EnvironmentId, job_id: TrainingId, caller: Reader, use: Use) -> answers.AgentTraining:
    """How far it has come, with the rewards of its last evaluation."""
    job = await use.jobs.get(job_id, account_id=caller.account_id, kind=JobKind.AGENT)
    return training_of(check_belongs(job, environment_id=environment_id))


@routes.post(
    "/train/{job_id}/cancel",
    summary="Cancel an RL training job",
    responses=refused(FACE, NO_JOB, JobEndedError(JobState.SUCCEEDED), 504),
    response_model_exclude_unset=True,
)
async def cancel_agent_training(environment_id: EnvironmentId, job_id: TrainingId, caller: Trainer, use: Use) -> answers.AgentTraining:
    """End one that waits or runs; hours that it has not used come back."""
    job = await use.jobs.get(job_id, account_id=caller.account_id, kind=JobKind.AGENT)
    check_belongs(job, environment_id=environment_id)
    return training_of(await use.stop(job_id, account_id=caller.account_id, kind=JobKind.AGENT))


@routes.get(
    "/agents",
    summary="List RL agents",
    response_description="A part of the list, the newest first.",
    responses=NO_SUCH_PART | refused(FACE, NO_ENVIRONMENT),
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_agents(request: Request, environment_id: EnvironmentId, caller: Reader, use: Use) -> answers.Agents:
    """Agents of an environment, those that still learn included."""
    part = PAGES.read(request)
    await use.environments.get(environment_id, account_id=caller.account_id)
    page = await use.agents.find(caller.account_id, part, environment_id=environment_id)
    rows = [agent_row_of(each) for each in page.items]
    return answers.Agents(agents=rows, total=page.count, limit=part.size, offset=part.skipped)


@routes.get("/agents/{agent_id}", summary="Get an RL agent", responses=refused(FACE, NO_AGENT))
async def get_agent(environment_id: EnvironmentId, agent_id: AgentId, caller: Reader, use: Use) -> answers.Agent:
    """Show what it was asked to learn, and what it has become: seeds, baselines and what is luck."""
    return agent_of(await use.agents.get(agent_id, account_id=caller.account_id, environment_id=environment_id))


@routes.get(
    "/agents/{agent_id}/plots/{plot}",
    summary="Get a picture of an RL agent",
    response_class=Response,
    responses=PICTURE | refused(FACE, NO_PLOT),
    openapi_extra={"parameters": [PARAMETER]},
)
async def get_agent_plot(
    request: Request, environment_id: EnvironmentId, agent_id: AgentId, *, plot: PlotName, caller: Reader, use: Use
) -> Response:
    """How it learned, and how it did. Keep it, and ask again with `If-None-Match`."""
    agent = await use.agents.get(agent_id, account_id=caller.account_id, environment_id=environment_id)
    files = agent.result.files if agent.result else {}
    return await picture(plot, {name: file.sha256 for name, file in files.items()}, files=use.files, request=request)


@routes.delete("/agents/{agent_id}", summary="Delete an RL agent", responses=refused(FACE, NO_AGENT, EnvironmentBusyError([JOB_ID])))
async def delete_agent(environment_id: EnvironmentId, agent_id: AgentId, caller: Trainer, use: Use) -> DeletedEnvironment:
    """Take it away when it neither trains nor runs; runs that have ended stay."""
    await use.delete.agent(agent_id, environment_id=environment_id, account_id=caller.account_id, kinds=WORKING)
    return DeletedEnvironment(id=agent_id, deleted=True, deleted_at=use.delete.clock())


async def picture(name: str, there: dict[str, str], *, files: ArtifactFiles, request: Request) -> Response:
    """Return a picture of those that are there, by name. Raise PlotMissingError, UnavailableError or ArtifactDamagedError."""
    media = MEDIA_TYPES.get(name.rpartition(".")[2])
    if media is None or name not in there:
        known = [each for each in there if each.rpartition(".")[2] in MEDIA_TYPES]
        listed = f"There are {', '.join(sorted(known))}." if known else "There are none."
        message = f"There is no {name[:60]}. {listed}"
        raise PlotMissingError(message)
    body = None if has(request, there[name]) else await files.drawn(there[name])
    return kept_answer(body, sha256=there[name], media_type=media, policy=DRAWN_POLICY)
