"""For operators: accounts, the fleet, dead letters. Every route needs the scope admin."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, status
from pydantic import BaseModel, Field
from starlette.requests import Request

from libs.chassis.bus.port import AskTimeoutError, BrokerAwayError
from libs.contracts.envelope import Moment
from services.gateway.domain.operations import Fleet, Letters, Replays
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PageOut, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.inbound.routes_admin_accounts import ADMIN_FACE, NO_SUCH_PAGE, PAGE, PARTS, Admin, AdminAccounts, add_accounts
from services.gateway.usecases.rebuild_view import RebuildView, View

TAG: Final = "admin"
JOB_ID: Final = "job_01kab8m7j3fm0rrc5q9y2w6n4t"
LETTER_ID: Final = "marketplace-training.completed-0-17-event_01kab8m7k0x4zq6r8t1v3w5y7a"
LetterId = Annotated[str, Path(description="As the list has it.", examples=[LETTER_ID])]


class InstanceOut(BaseModel):
    """One process, as monitoring told of it last."""

    instance: str = Field(examples=["training-1"])
    service: str = Field(examples=["training"])
    health: Literal["healthy", "degraded", "silent", "gone"]
    reason: str = Field(examples=["all checks pass"])
    sequence: int = Field(description="Grows with every change of this instance's health.", examples=[1768491000000])
    occurred_at: Moment = Field(examples=["2026-01-15T15:30:00.000Z"])


class FleetOut(BaseModel):
    """Every process that was ever seen."""

    count: int = Field(examples=[1])
    results: list[InstanceOut]


class LetterOut(BaseModel):
    """A message that could not be handled."""

    id: str = Field(examples=[LETTER_ID])
    topic: str = Field(examples=["training.completed"])
    key: str | None = Field(examples=["job_01kab8m7j3fm0rrc5q9y2w6n4t"])
    error_type: str = Field(examples=["ValidationError"])
    error_message: str = Field(examples=["compute_hours: Field required"])
    error_code: str = Field(description="Empty where the error has none.", examples=[""])
    attempts: int = Field(examples=[1])
    service: str = Field(description="Who could not handle it.", examples=["marketplace"])
    failed_at: str = Field(examples=["2026-01-15T15:30:00.250000+00:00"])


class WholeLetterOut(LetterOut):
    """A message that could not be handled, with its body and headers."""

    body: str = Field(examples=['{"job_id": "job_01kab8m7j3fm0rrc5q9y2w6n4t"}'])
    headers: dict[str, str] = Field(examples=[{"ce_type": "training.completed", "x-error-type": "ValidationError"}])


class LetterPage(PageOut):
    """A part of the messages that could not be handled."""

    results: list[LetterOut]


class RebuiltOut(BaseModel):
    """How far a view was built anew."""

    view: View = Field(examples=["jobs"])
    read: int = Field(description="Documents on this page.", examples=[100])
    count: int = Field(description="How many its owner has, about.", examples=[2417])
    next_after: str | None = Field(description="Where the next page begins; null when all is done.", examples=[JOB_ID])


class ReplayedOut(BaseModel):
    """What was done."""

    message: str = Field(examples=[f"{LETTER_ID} was sent to training.completed again"])


@dataclass(frozen=True, slots=True)
class AdminUseCases:
    """What the routes of operators call."""

    accounts: AdminAccounts
    fleet: Fleet
    letters: Letters
    dead: Replays
    rebuild: RebuildView


def make_admin_routes(use: AdminUseCases) -> APIRouter:
    """Return the routes under `/admin`."""
    routes = make_router(prefix="/admin", tags=[TAG])
    add_accounts(routes, use.accounts)
    _add_fleet(routes, use)
    _add_dead_letters(routes, use)
    _add_rebuilding(routes, use)
    return routes


def _add_fleet(routes: APIRouter, use: AdminUseCases) -> None:
    @routes.get("/fleet", summary="Show the health of every process")
    async def fleet(_: Admin) -> Annotated[dict[str, Any], ShownAs(FleetOut)]:
        """As monitoring last told."""
        instances = await use.fleet.all()
        return {"count": len(instances), "results": instances}


def _add_dead_letters(routes: APIRouter, use: AdminUseCases) -> None:
    @routes.get(
        "/dead",
        summary="List messages that could not be handled",
        responses=NO_SUCH_PAGE,
        openapi_extra=PARTS,
    )
    async def list_dead(
        request: Request, _: Admin, topic: Annotated[str | None, Query(description="Only messages of this topic.")] = None
    ) -> LetterPage:
        """Newest first, 50 a page."""
        paging = read_paging(request, size=PAGE)
        found = await use.letters.page(paging.part, topic=topic)
        rows = [LetterOut.model_validate(letter, from_attributes=True) for letter in found.items]
        return LetterPage.model_validate(paging.answer(rows, count=found.count, after=found.after))

    @routes.get("/dead/{letter_id}", summary="Show one, whole")
    async def show_dead(letter_id: LetterId, _: Admin) -> WholeLetterOut:
        """With its body and headers."""
        return WholeLetterOut.model_validate(await use.letters.get(letter_id), from_attributes=True)

    @routes.post("/dead/{letter_id}/replay", status_code=status.HTTP_202_ACCEPTED, summary="Send one to its topic again")
    async def replay_dead(letter_id: LetterId, admin: Admin) -> ReplayedOut:
        """As it was; its handlers pass over what they have seen."""
        letter = await use.letters.get(letter_id)
        await use.dead.replay(letter)
        await use.letters.deal_with(letter_id, how=f"replayed by {admin.username}")
        return ReplayedOut(message=f"{letter_id} was sent to {letter.topic} again")

    @routes.delete("/dead/{letter_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Drop one")
    async def drop_dead(letter_id: LetterId, admin: Admin) -> None:
        """Nobody handles it any more."""
        await use.letters.get(letter_id)
        await use.letters.deal_with(letter_id, how=f"dropped by {admin.username}")


def _add_rebuilding(routes: APIRouter, use: AdminUseCases) -> None:
    away = refused(ADMIN_FACE, BrokerAwayError(), AskTimeoutError("No answer to job.snapshots within 10 s"))

    @routes.post("/rebuild/{view}", summary="Build a view anew, a page at a time", responses=away)
    async def rebuild(
        view: Annotated[
            Literal["jobs", "charges", "listings", "subscriptions"],
            Path(description="What other services own. Accounts, keys, models and webhooks are the gateway's own.", examples=["jobs"]),
        ],
        _: Admin,
        after: Annotated[
            str, Query(max_length=200, description="`next_after` of the page before; empty for the first.", examples=[JOB_ID])
        ] = "",
    ) -> RebuiltOut:
        """Asks the owner for its documents, while everything runs. What is newer here stays as it is: it may be done again and again."""
        done = await use.rebuild(View(view), after=after)
        return RebuiltOut(view=View(view), read=done.read, count=done.count, next_after=done.next_after)
