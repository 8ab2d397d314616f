"""The only file that knows which adapter plays which port in the marketplace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.chassis.logs import log
from libs.chassis.mongo import is_passing
from libs.chassis.process import Chassis
from libs.chassis.tasks import beside
from libs.contracts.envelope import now
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.inbound.asks import make_answers
from services.marketplace.inbound.events import make_facts
from services.marketplace.outbound.books_mongo import BooksMongo
from services.marketplace.settings import Settings
from services.marketplace.usecases.bookkeeping import Bookkeeper
from services.marketplace.usecases.confirm_reservation import ConfirmReservation
from services.marketplace.usecases.expire_reservations import ExpireReservations
from services.marketplace.usecases.reserve_credits import Reserve
from services.marketplace.usecases.settle_credits import Settle


@asynccontextmanager
async def running(settings: Settings, chassis: Chassis) -> AsyncIterator[None]:
    """Wire adapters to ports and run until the context ends."""
    books = BooksMongo(chassis.database)
    await books.prepare()
    bookkeeper = Bookkeeper(books)
    settle = Settle(bookkeeper, now)
    facts = make_facts(confirm=ConfirmReservation(bookkeeper, now), settle=settle)
    answers = make_answers(reserve=Reserve(bookkeeper, now, settings.reservation_life), settle=settle)
    sweeping = _sweep(ExpireReservations(books, settle, now), every_s=settings.sweep_every.total_seconds())
    async with chassis.bus.running(facts=facts, answers=answers), beside(sweeping):
        chassis.ready()
        yield


async def _sweep(expire: ExpireReservations, *, every_s: float) -> None:
    while True:
        try:
            count = await expire()
        except Exception as error:
            if not (is_passing(error) or isinstance(error, BooksChangedError)):
                raise
            log().warning("expired reservations wait", error=type(error).__name__)
        else:
            if count:
                log().info("expired reservations were given back", count=count)
        await asyncio.sleep(every_s)
