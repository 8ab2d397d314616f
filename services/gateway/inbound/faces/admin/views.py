"""For operators: what the gateway keeps of other services' documents, built anew."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from libs.chassis.bus.port import AskTimeoutError, BrokerAwayError
from modelbourse.answers.answer import JOB_ID, Answer
from services.gateway.inbound.faces.admin.face import FACE, Admin, Use
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.rebuild_view import View

ViewName = Literal["jobs", "charges", "listings", "subscriptions"]
routes = make_router(prefix=FACE.prefix, tags=[FACE.tag("views")])


class RebuiltPage(Answer):
    """How far a view was built anew."""

    view: ViewName = Field(description="The view.", examples=["jobs"])
    read: int = Field(description="Documents on this page.", examples=[100])
    count: int = Field(description="How many its owner has, about.", examples=[2417])
    next_after: str | None = Field(description="Where the next page begins; null when all is done.", examples=[JOB_ID])


@routes.post(
    "/rebuild/{view}",
    summary="Build a view anew, a page at a time",
    responses=refused(FACE, BrokerAwayError(), AskTimeoutError("No answer to job.snapshots within 10 s")),
)
async def rebuild_view(
    view: Annotated[
        ViewName,
        Path(description="What other services own. Accounts, keys, models and webhooks are the gateway's own.", examples=["jobs"]),
    ],
    _: Admin,
    use: Use,
    after: Annotated[
        str, Query(max_length=200, description="`next_after` of the page before; empty for the first.", examples=[JOB_ID])
    ] = "",
) -> RebuiltPage:
    """Asks the owner for its documents, while everything runs. What is newer here stays as it is: it may be done again and again."""
    done = await use.rebuild(View(view), after=after)
    return RebuiltPage(view=view, read=done.read, count=done.count, next_after=done.next_after)
