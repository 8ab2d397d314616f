"""For operators: messages that could not be handled."""

from typing import Annotated, Final

from fastapi import Path, Query, status
from pydantic import Field
from starlette.requests import Request

from libs.chassis.bus.dead_letters import DeadLetter
from modelbourse.answers.answer import JOB_ID, Answer, Page
from services.gateway.inbound.faces.admin.face import FACE, NO_SUCH_PAGE, PAGE, PARTS, Admin, Use
from services.gateway.inbound.http.paging import read_paging
from services.gateway.inbound.http.strict_route import make_router

LETTER_ID: Final = "marketplace-training.completed-0-17-event_01kab8m7k0x4zq6r8t1v3w5y7a"
LetterId = Annotated[str, Path(description="As the list has it.", examples=[LETTER_ID])]


class Letter(Answer):
    """A message that could not be handled."""

    id: str = Field(description="Where it lay first.", examples=[LETTER_ID])
    topic: str = Field(description="Where it was sent to.", examples=["training.completed"])
    key: str | None = Field(description="Its Kafka key.", examples=[JOB_ID])
    error_type: str = Field(description="What went wrong.", examples=["ValidationError"])
    error_message: str = Field(description="For people.", examples=["compute_hours: Field required"])
    error_code: str = Field(description="Empty where the error has none.", examples=[""])
    attempts: int = Field(description="How often it was tried.", examples=[1])
    service: str = Field(description="Who could not handle it.", examples=["marketplace"])
    failed_at: str = Field(description="When it was set aside.", examples=["2026-01-15T15:30:00.250000+00:00"])


class WholeLetter(Letter):
    """A message that could not be handled, with its body and headers."""

    body: str = Field(description="For reading.", examples=[f'{{"job_id": "{JOB_ID}"}}'])
    headers: dict[str, str] = Field(
        description="As they were sent, and the error's.", examples=[{"ce_type": "training.completed", "x-error-type": "ValidationError"}]
    )


class LetterPage(Page[Letter]):
    """A part of the messages that could not be handled."""


class Replayed(Answer):
    """What was done."""

    message: str = Field(description="For people.", examples=[f"{LETTER_ID} was sent to training.completed again"])


routes = make_router(prefix="/admin/dead", tags=[FACE.tag("dead letters")])


@routes.get("", summary="List messages that could not be handled", responses=NO_SUCH_PAGE, openapi_extra=PARTS)
async def list_dead_letters(
    request: Request, _: Admin, use: Use, topic: Annotated[str | None, Query(description="Only messages of this topic.")] = None
) -> LetterPage:
    """Newest first, 50 a page."""
    paging = read_paging(request, size=PAGE)
    found = await use.letters.page(paging.part, topic=topic)
    return paging.page(LetterPage, [letter_of(each) for each in found.items], count=found.count, after=found.after)


@routes.get("/{letter_id}", summary="Show one, whole")
async def get_dead_letter(letter_id: LetterId, _: Admin, use: Use) -> WholeLetter:
    """With its body and headers."""
    letter = await use.letters.get(letter_id)
    return WholeLetter(**dict(letter_of(letter)), body=letter.body, headers=dict(letter.headers))


@routes.post("/{letter_id}/replay", status_code=status.HTTP_202_ACCEPTED, summary="Send one to its topic again")
async def replay_dead_letter(letter_id: LetterId, admin: Admin, use: Use) -> Replayed:
    """As it was; its handlers pass over what they have seen."""
    letter = await use.letters.get(letter_id)
    await use.dead.replay(letter)
    await use.letters.deal_with(letter_id, how=f"replayed by {admin.username}")
    return Replayed(message=f"{letter_id} was sent to {letter.topic} again")


@routes.delete("/{letter_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Drop one")
async def drop_dead_letter(letter_id: LetterId, admin: Admin, use: Use) -> None:
    """Nobody handles it any more."""
    await use.letters.get(letter_id)
    await use.letters.deal_with(letter_id, how=f"dropped by {admin.username}")


def letter_of(letter: DeadLetter) -> Letter:
    """Return a letter as lists show it."""
    return Letter(
        id=letter.id,
        topic=letter.topic,
        key=letter.key,
        error_type=letter.error_type,
        error_message=letter.error_message,
        error_code=letter.error_code,
        attempts=letter.attempts,
        service=letter.service,
        failed_at=letter.failed_at,
    )
