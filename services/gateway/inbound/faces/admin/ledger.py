"""For operators: whether the books add up."""

from typing import Annotated

from fastapi import Query

from libs.chassis.bus.port import AskTimeoutError, BrokerAwayError
from modelbourse.answers.accounts import ACCOUNT_ID
from modelbourse.answers.admin_ledger import LedgerFault, LedgerPage
from services.gateway.inbound.faces.admin.face import FACE, Admin
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.check_ledger import CheckLedger

routes = make_router(prefix="/admin/ledger", tags=[FACE.tag("ledger")])


@routes.post(
    "/check",
    summary="Check the ledger, a page of accounts at a time",
    responses=refused(FACE, BrokerAwayError(), AskTimeoutError("No answer to ledger.check within 30 s")),
)
async def check_ledger(
    _: Admin,
    check: Annotated[CheckLedger, used(CheckLedger)],
    after: Annotated[
        str, Query(max_length=200, description="`next_after` of the page before; empty for the first.", examples=[ACCOUNT_ID])
    ] = "",
) -> LedgerPage:
    """Each wallet is the sum of its movements, each movement gives what it takes, what is set aside is for jobs that have not ended.

    What was paid is what purchases and subscriptions say. Changes nothing; each account is read as it is at one moment.
    """
    page = await check(after=after)
    faults = [LedgerFault(**each.model_dump()) for each in page.faults]
    return LedgerPage(accounts=page.accounts, count=page.count, next_after=page.next_after, faults=faults)
