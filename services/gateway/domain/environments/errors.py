"""Why an environment or an agent is refused."""

from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError

ENVIRONMENTS_MOST: Final = 100
"""Of an account."""
AGENTS_MOST: Final = 200
"""Of an environment."""


class EnvironmentNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such environment, or it is somebody else's."""

    def __init__(self, environment_id: str) -> None:
        super().__init__(f"There is no environment '{environment_id[:80]}'.")


class AgentNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The environment has no such agent, or it is somebody else's."""

    def __init__(self, agent_id: str) -> None:
        super().__init__(f"There is no agent '{agent_id[:80]}' in this environment.")


class AgentFileMissingError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such picture or table; the message says which there are."""


class AgentNotReadyError(PlatformError, kind=ErrorKind.CONFLICT):
    """An agent that has not learned, or not yet, cannot be let loose."""

    def __init__(self, agent_id: str, *, state: str) -> None:
        super().__init__(f"{agent_id} cannot run: it is {state}, and must be ready.", details={"status": [f"The agent is {state}."]})


class EnvironmentBusyError(PlatformError, kind=ErrorKind.CONFLICT):
    """Jobs in the environment have not ended."""

    def __init__(self, job_ids: list[str]) -> None:
        named = ", ".join(job_ids[:5])
        super().__init__(f"Agents train or run in it ({named}): wait for that to end, or cancel it.", details={"job_id": job_ids})


class TooManyEnvironmentsError(InvalidError):
    """The account has as many environments as it may."""

    def __init__(self) -> None:
        message = f"You have {ENVIRONMENTS_MOST} environments, the most there can be: delete one."
        super().__init__(message, details={"environments": [message]})


class TooManyAgentsError(InvalidError):
    """The environment has as many agents as it may."""

    def __init__(self) -> None:
        message = f"The environment has {AGENTS_MOST} agents, the most there can be: delete one, or make another environment."
        super().__init__(message, details={"agents": [message]})
