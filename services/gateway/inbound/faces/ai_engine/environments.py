"""AI Engine's environments of reinforcement learning: made, listed, shown, deleted."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.environments import ACTION_SPACES_OF
from libs.contracts.job_kinds import JobKind
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.engine import environments as answers
from services.gateway.domain.environments.environment import Environment, EnvironmentStatus
from services.gateway.domain.environments.errors import EnvironmentBusyError, EnvironmentNotFoundError
from services.gateway.inbound.faces.ai_engine.environment_requests import DataSourceIn, EnvironmentIn
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_DATASET, NO_SUCH_PART, PAGES, Reader, Trainer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.nouns import EnvironmentUseCases

PREFIX: Final = f"{FACE.prefix}/rl-environments"
FILTERS: Final = [query("status", "Only environments in this status.", enum=[status.value for status in EnvironmentStatus])]
ALL_THERE_IS: Final = {
    "dataset_id": "Symbols were named, and no dataset.",
    "start_date": "From the first candle there is when an agent trains.",
    "end_date": "To the last candle there is when an agent trains.",
}
WORKING: Final = (JobKind.AGENT, JobKind.AGENT_RUN)
"""The kinds of job that work in an environment."""
NO_ENVIRONMENT: Final = EnvironmentNotFoundError(answers.ENVIRONMENT_ID)
MISSPELT: Final = InvalidError(
    "The dataset has candles of AAPL, not of 'AAPLE'. Did you mean 'AAPL'?",
    details={"parameters.symbols": ["The dataset has candles of AAPL, not of 'AAPLE'. Did you mean 'AAPL'?"]},
)
EnvironmentId = Annotated[
    str, id_of("env", EnvironmentNotFoundError), Path(description="The environment's id.", examples=[answers.ENVIRONMENT_ID])
]
Use = Annotated[EnvironmentUseCases, used(EnvironmentUseCases)]
routes = make_router(prefix=PREFIX, tags=[FACE.tag("rl-environments")])


@routes.get(
    "",
    summary="List RL environments",
    response_description="A part of the list, the oldest first.",
    responses=NO_SUCH_PART,
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_environments(request: Request, caller: Reader, use: Use) -> answers.Environments:
    """Your environments."""
    part, word = PAGES.read(request), read_word(request, "status", known=EnvironmentStatus)
    page = await use.environments.find(caller.account_id, part, status=word)
    rows = [row_of(each) for each in page.items]
    return answers.Environments(environments=rows, total=page.count, limit=part.size, offset=part.skipped)


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create an RL environment",
    response_description="The environment, in which agents are trained next.",
    responses=refused(FACE, NO_DATASET, MISSPELT),
)
@starts_work
async def create_environment(body: EnvironmentIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.Environment:
    """Decide what an agent trades, sees, may do and is rewarded for. Nothing is charged until one trains."""
    parameters = body.parameters.model_dump(exclude_none=True) | {"type": body.type}
    parameters.setdefault("action_space", ACTION_SPACES_OF[body.type][0])
    source = body.data_source or DataSourceIn()
    return environment_of(await use.make(body.name, source.asked(), parameters=parameters, caller=caller, work=work))


@routes.get("/{environment_id}", summary="Get an RL environment", responses=refused(FACE, NO_ENVIRONMENT))
async def get_environment(environment_id: EnvironmentId, caller: Reader, use: Use) -> answers.Environment:
    """All that decides what a step does."""
    return environment_of(await use.environments.get(environment_id, account_id=caller.account_id))


@routes.delete(
    "/{environment_id}",
    summary="Delete an RL environment",
    responses=refused(FACE, NO_ENVIRONMENT, EnvironmentBusyError([JOB_ID])),
)
async def delete_environment(environment_id: EnvironmentId, caller: Trainer, use: Use) -> answers.DeletedEnvironment:
    """Take it away with all of its agents, when none of them trains or runs."""
    await use.delete(environment_id, account_id=caller.account_id, kinds=WORKING)
    return answers.DeletedEnvironment(id=environment_id, deleted=True, deleted_at=use.delete.clock())


def row_of(environment: Environment) -> answers.EnvironmentRow:
    """Return an environment in short."""
    return answers.EnvironmentRow(
        id=environment.id,
        name=environment.name,
        type=environment.spec.type,
        status=environment.status.value,
        created_at=environment.created_at,
        updated_at=environment.updated_at,
    )


def environment_of(environment: Environment) -> answers.Environment:
    """Return all there is to say of an environment."""
    spec, ids = environment.spec, environment.dataset_ids
    values: dict[str, Any] = {"dataset_id": ids[0] if ids else None, "start_date": spec.start_date, "end_date": spec.end_date}
    return answers.Environment(
        **dict(row_of(environment)),
        parameters=answers.EnvironmentParameters(
            symbols=list(spec.symbols),
            initial_balance=spec.initial_balance,
            commission=spec.commission,
            reward_function=spec.reward_function,
            state_space=list(spec.state_space),
            action_space=spec.action_space,
            timeframe=spec.timeframe,
            slippage=spec.slippage,
            direction=spec.direction,
            window=spec.window,
        ),
        data_source=answers.EnvironmentData(
            type="historical",
            dataset_ids=list(ids),
            reasons={name: ALL_THERE_IS[name] for name, value in values.items() if value is None},
            **values,
        ),
    )
