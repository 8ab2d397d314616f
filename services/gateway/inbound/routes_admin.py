"""For operators: accounts, the fleet, dead letters. Every route needs the scope admin."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict

from libs.chassis.dead_letters import DeadLetter
from services.gateway.domain.account import Role, Tier
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.operations import Fleet, Letters, Replays
from services.gateway.domain.ports import Accounts
from services.gateway.inbound.error_answers import standard_body
from services.gateway.inbound.face import Face
from services.gateway.inbound.routes_auth import AccountOut, account_out
from services.gateway.inbound.security import needs
from services.gateway.inbound.strict_route import make_router
from services.gateway.usecases.change_account import ChangeAccount

TAG: Final = "admin"
PAGE: Final = 50
Admin = Annotated[Caller, needs(Scope.ADMIN)]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
ADMIN_FACE: Final = Face(name="admin", prefix="/admin", error_body=standard_body, needs_credential=True)


class AccountChange(BaseModel):
    """What an admin may change of an account."""

    model_config = ConfigDict(extra="forbid")

    tier: Tier | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class AdminUseCases:
    """What the routes of operators call."""

    accounts: Accounts
    change: ChangeAccount
    fleet: Fleet
    letters: Letters
    dead: Replays


def make_admin_routes(use: AdminUseCases) -> APIRouter:
    """Return the routes under `/admin`."""
    routes = make_router(prefix="/admin", tags=[TAG])
    _add_accounts(routes, use)
    _add_dead_letters(routes, use)
    return routes


def _add_accounts(routes: APIRouter, use: AdminUseCases) -> None:
    @routes.get("/accounts", summary="List accounts")
    async def list_accounts(_: Admin, page: Page = 1, role: Role | None = None, tier: Tier | None = None) -> dict[str, Any]:
        """Oldest first, 50 a page."""
        found, count = await use.accounts.page(skip=(page - 1) * PAGE, limit=PAGE, role=role, tier=tier)
        return {"count": count, "results": [account_out(account) for account in found]}

    @routes.patch("/accounts/{account_id}", summary="Change an account's tier or role")
    async def change_account(account_id: str, body: AccountChange, _: Admin) -> AccountOut:
        """Effective within seconds everywhere."""
        return account_out(await use.change(account_id, tier=body.tier, role=body.role))

    @routes.get("/fleet", summary="Show the health of every process")
    async def fleet(_: Admin) -> dict[str, Any]:
        """As monitoring last told."""
        instances = await use.fleet.all()
        return {"count": len(instances), "results": instances}


def _add_dead_letters(routes: APIRouter, use: AdminUseCases) -> None:
    @routes.get("/dead", summary="List messages that could not be handled")
    async def list_dead(_: Admin, page: Page = 1, topic: str | None = None) -> dict[str, Any]:
        """Newest first, 50 a page."""
        found, count = await use.letters.page(topic=topic, skip=(page - 1) * PAGE, limit=PAGE)
        return {"count": count, "results": [_letter(letter) for letter in found]}

    @routes.get("/dead/{letter_id}", summary="Show one, whole")
    async def show_dead(letter_id: str, _: Admin) -> dict[str, Any]:
        """With its body and headers."""
        letter = await use.letters.get(letter_id)
        return _letter(letter) | {"body": letter.body, "headers": dict(letter.headers)}

    @routes.post("/dead/{letter_id}/replay", status_code=status.HTTP_202_ACCEPTED, summary="Send one to its topic again")
    async def replay_dead(letter_id: str, admin: Admin) -> dict[str, str]:
        """As it was; its handlers pass over what they have seen."""
        letter = await use.letters.get(letter_id)
        await use.dead.replay(letter)
        await use.letters.deal_with(letter_id, how=f"replayed by {admin.username}")
        return {"message": f"{letter_id} was sent to {letter.topic} again"}

    @routes.delete("/dead/{letter_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Drop one")
    async def drop_dead(letter_id: str, admin: Admin) -> None:
        """Nobody handles it any more."""
        await use.letters.get(letter_id)
        await use.letters.deal_with(letter_id, how=f"dropped by {admin.username}")


def _letter(letter: DeadLetter) -> dict[str, Any]:
    names = ("id", "topic", "key", "error_type", "error_message", "error_code", "attempts", "service", "failed_at")
    return {name: getattr(letter, name) for name in names}
