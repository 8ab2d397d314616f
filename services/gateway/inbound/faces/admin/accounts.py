"""For operators: accounts, their tiers and roles; keep one out, end its log-ins, revoke its API keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import Field, StringConstraints
from starlette.requests import Request

from libs.chassis.errors import InvalidError, PlatformError
from libs.chassis.logs import log
from modelbourse.answers import accounts as answers
from modelbourse.answers.admin import (
    AccountDetails,
    AccountErasure,
    AccountForAdmins,
    AccountPage,
    ExportedDocument,
    ExportPage,
    SessionsRevoked,
)
from modelbourse.answers.keys import KeysRevoked
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.errors import AccountNotFoundError, LastAdminError
from services.gateway.inbound.faces.accounts.accounts import CHANGED, account_of
from services.gateway.inbound.faces.accounts.api_keys import api_key_of
from services.gateway.inbound.faces.admin.face import FACE, NO_SUCH_PAGE, PAGE, PARTS, Admin, Use
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.paging import read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router

AccountId = Annotated[str, id_of("account", AccountNotFoundError), Path(description="As the list has it.", examples=[answers.ACCOUNT_ID])]
OTHER_NAME: Final = InvalidError("The account is not erased.", details={"username": [f"{answers.ACCOUNT_ID} has another name than 'eve'."]})
NO_SUCH_PLACE: Final = InvalidError(
    "There is no such place in an export.", details={"after": ["Give `next_after` of the page before, or leave it out."]}
)
Beginning = Annotated[str, StringConstraints(max_length=64)]


class AccountChange(StrictBody):
    """What an admin may change of an account."""

    tier: Tier | None = Field(None, description="What the account has paid for.", examples=["pro"])
    role: Role | None = Field(None, description="`admin` may use these routes.", examples=["user"])


class Erase(StrictBody):
    """Which account is to be erased, once more."""

    username: str = Field(max_length=64, description="Its name, as a safeguard.", examples=["ada"])


routes = make_router(prefix="/admin/accounts", tags=[FACE.tag("accounts")])


@routes.get("", summary="List accounts", responses=NO_SUCH_PAGE, openapi_extra=PARTS)
async def list_accounts(
    request: Request,
    _: Admin,
    use: Use,
    role: Annotated[Role | None, Query(description="Only accounts with this role.")] = None,
    tier: Annotated[Tier | None, Query(description="Only accounts of this tier.")] = None,
    username: Annotated[
        Beginning | None, Query(description="Only accounts whose names begin so, case aside, by name. Not with `role` or `tier`.")
    ] = None,
) -> AccountPage:
    """Oldest first, 50 a page."""
    paging = read_paging(request, size=PAGE)
    if username is None:
        found = await use.accounts.page(paging.part, role=role, tier=tier)
    elif role is None and tier is None:
        found = await use.accounts.named(username, paging.part)
    else:
        msg = "Accounts are listed by name, or by role and tier."
        raise InvalidError(msg, details={"username": ["Leave it out, or leave out role and tier."]})
    return paging.page(AccountPage, [account_for_admins(each) for each in found.items], count=found.count, after=found.after)


@routes.get("/{account_id}", summary="Show an account")
async def get_account(account_id: AccountId, _: Admin, use: Use) -> AccountDetails:
    """With its API keys, without their secrets, and what it has under way."""
    shown = await use.show(account_id)
    return AccountDetails(
        **dict(account_for_admins(shown.account)),
        sessions=shown.sessions,
        jobs=shown.jobs,
        api_keys=[api_key_of(key) for key in shown.api_keys],
    )


@routes.patch("/{account_id}", summary="Change an account's tier or role", responses=refused(FACE, CHANGED))
async def change_account(account_id: AccountId, body: AccountChange, admin: Admin, use: Use) -> AccountForAdmins:
    """Effective within seconds everywhere."""
    with audited(admin, "change", account_id, tier=body.tier, role=body.role):
        return account_for_admins(await use.change(account_id, tier=body.tier, role=body.role))


@routes.post("/{account_id}/suspend", summary="Keep an account out", responses=refused(FACE, LastAdminError()))
async def suspend_account(account_id: AccountId, admin: Admin, use: Use) -> AccountForAdmins:
    """Its log-ins end, and its API keys are refused with `ACCOUNT_SUSPENDED`.

    Its jobs are cancelled, its webhooks switched off, its renewals stopped, its listings out of sight. Who has subscribed to its models
    keeps what is paid. Asked again, it finishes what was cut off.
    """
    with audited(admin, "suspend", account_id):
        return account_for_admins(await use.suspend(account_id, by=admin))


@routes.post("/{account_id}/resume", summary="Let a suspended account in again", responses=refused(FACE, CHANGED))
async def resume_account(account_id: AccountId, admin: Admin, use: Use) -> AccountForAdmins:
    """Its API keys are good again and its listings in sight; webhooks, renewals and trainings its owner begins anew."""
    with audited(admin, "resume", account_id):
        return account_for_admins(await use.resume(account_id))


@routes.get(
    "/{account_id}/export",
    summary="Export all that is kept of an account, a page at a time",
    responses=refused(FACE, NO_SUCH_PLACE, 503, 504),
)
async def export_account(
    account_id: AccountId,
    admin: Admin,
    use: Use,
    after: Annotated[
        str, Query(max_length=300, description="`next_after` of the page before; empty for the first.", examples=["marketplace:"])
    ] = "",
) -> ExportPage:
    """Of the gateway, training, inference and the marketplace, one after the other: no secrets, and nothing of others.

    Each page leaves a line in the log of who has done what.
    """
    # Each page: whoever begins in the middle has read somebody's data as well.
    with audited(admin, "export", account_id, after=after):
        part = await use.export(account_id, after=after)
    return ExportPage(lines=[ExportedDocument(kind=each.kind, data=each.data) for each in part.lines], next_after=part.next_after)


@routes.post("/{account_id}/erase", summary="Erase an account for good", responses=refused(FACE, LastAdminError(), OTHER_NAME))
async def erase_account(account_id: AccountId, body: Erase, admin: Admin, use: Use) -> AccountErasure:
    """Name, email, log-ins, API keys, webhooks, datasets, models and listings go; the ledger keeps the account's id, which names nobody.

    It cannot be undone. The wish is kept until all is done, whatever stops meanwhile; asked again, it says how far it has come.
    """
    with audited(admin, "erase", account_id):
        erasure = await use.erase(account_id, username=body.username, by=admin)
    return AccountErasure(account=account_for_admins(erasure.account), done=not erasure.waits_for, waits_for=list(erasure.waits_for))


@routes.post("/{account_id}/sessions/revoke", summary="End an account's log-ins", responses=refused(FACE, CHANGED))
async def end_account_sessions(account_id: AccountId, admin: Admin, use: Use) -> SessionsRevoked:
    """Access tokens die within seconds everywhere; API keys stay."""
    with audited(admin, "sessions/revoke", account_id):
        await use.end_sessions(account_id)
    return SessionsRevoked(message=f"Every log-in of {account_id} has ended.")


@routes.post("/{account_id}/keys/revoke", summary="Revoke an account's API keys")
async def revoke_account_keys(account_id: AccountId, admin: Admin, use: Use) -> KeysRevoked:
    """Within seconds everywhere; log-ins stay."""
    with audited(admin, "keys/revoke", account_id):
        return KeysRevoked(revoked_api_keys=await use.revoke_keys(account_id))


def account_for_admins(account: Account) -> AccountForAdmins:
    """Return an account, and whether it is kept out or erased."""
    return AccountForAdmins(
        **dict(account_of(account)), suspended_at=account.suspended_at, erasing_at=account.erasing_at, erased_at=account.erased_at
    )


@contextmanager
def audited(admin: Caller, action: str, account_id: str, **more: Any) -> Iterator[None]:
    """Log who does what to which account, and what came of it; the line carries the request's correlation id."""
    outcome = "failed"
    try:
        yield
        outcome = "done"
    except PlatformError as error:
        outcome = error.code
        raise
    finally:
        who = {"by": admin.account_id, "credential": admin.credential}
        log().info("admin action", action=action, account_id=account_id, outcome=outcome, **who, **more)
