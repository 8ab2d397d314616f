"""Operators' routes as a face: every one needs the scope admin."""

from collections.abc import Mapping
from typing import Annotated, Final

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from libs.contracts.training import JobState
from modelbourse.answers.trainings import JobStatus
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.errors import NotFoundError, WrongStateError
from services.gateway.domain.jobs.errors import JobEndedError
from services.gateway.inbound.http.errors import ErrorOut, standard_body
from services.gateway.inbound.http.face import Access, Face
from services.gateway.inbound.http.paging import parts
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs, used
from services.gateway.usecases.nouns import OperatorJobUseCases, OperatorUseCases

PAGE: Final = 50
STATES: Final[Mapping[JobStatus, JobState]] = {
    "PENDING": JobState.QUEUED,
    "RUNNING": JobState.RUNNING,
    "COMPLETED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}
WORDS: Final = {state: word for word, state in STATES.items()}


def error_body(error: PlatformError) -> JsonObject:
    """Say an error with the states of jobs as these routes list them."""
    body = standard_body(error)
    if isinstance(error, WrongStateError) and error.noun == "job":
        body["error"]["details"] = {"status": [f"The job is {WORDS[JobState(error.state)]}."]}
    if isinstance(error, JobEndedError):
        body["error"]["message"] = "Only a pending or running job can be stopped."
    return body


FACE: Final = Face(
    name="admin",
    title="Admin",
    prefixes=("/admin",),
    error_body=error_body,
    error_model=ErrorOut,
    access=Access.CLOSED,
    nouns={
        "accounts": "All accounts: their tiers and roles; keep one out, let it in again. Like all of `/admin`, for the role `admin`.",
        "jobs": "Jobs of all accounts: ended with a reason, or run again where they have failed.",
        "registry": "Promotions that an admin has to agree to.",
        "ledger": "Whether the books add up.",
        "fleet": "The health of every process.",
        "dead letters": "Messages that could not be handled: shown, sent again, dropped.",
        "views": "What the gateway keeps of other services' documents, built anew.",
    },
)
Admin = Annotated[Caller, needs(Scope.ADMIN)]
Use = Annotated[OperatorUseCases, used(OperatorUseCases)]
Jobs = Annotated[OperatorJobUseCases, used(OperatorJobUseCases)]
PARTS: Final = {"parameters": parts(PAGE)}
NO_SUCH_PAGE: Final = refused(
    FACE,
    NotFoundError("Invalid page: there are 3.", details={"page": ["The last page is 3."]}),
    InvalidError("The list cannot be paged like this.", details={"page": ["Must be a whole number from 1 to 1000000000."]}),
)
