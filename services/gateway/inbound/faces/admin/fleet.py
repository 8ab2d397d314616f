"""For operators: the health of every process."""

from typing import Annotated, Any, Literal

from pydantic import Field

from modelbourse.answers.answer import Answer, Moment
from services.gateway.inbound.faces.admin.face import FACE, Admin, Use
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.strict_route import make_router


class Instance(Answer):
    """One process, as monitoring told of it last."""

    instance: str = Field(description="Its name.", examples=["training-1"])
    service: str = Field(description="The service that it is of.", examples=["training"])
    health: Literal["healthy", "degraded", "silent", "gone"] = Field(description="How it is.")
    reason: str = Field(description="Why.", examples=["all checks pass"])
    sequence: int = Field(description="Grows with every change of this instance's health.", examples=[1768491000000])
    occurred_at: Moment = Field(description="Since when.", examples=["2026-01-15T15:30:00.000Z"])


class Instances(Answer):
    """Every process that was ever seen."""

    count: int = Field(description="How many there are.", examples=[1])
    results: list[Instance] = Field(description="By name.")


routes = make_router(prefix=FACE.prefix, tags=[FACE.tag("fleet")])


@routes.get("/fleet", summary="Show the health of every process")
async def get_fleet(_: Admin, use: Use) -> Annotated[dict[str, Any], ShownAs(Instances)]:
    """As monitoring last told."""
    # What a process tells of itself is on the platform's page.
    instances = [{name: told for name, told in instance.items() if name != "process"} for instance in await use.fleet.all()]
    return {"count": len(instances), "results": instances}
