"""Credits over the turn of a month: what a grant had left is gone with its month, wherever it lay."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.settings import SharedSettings
from libs.chassis.stores.mongo import Database, connect, from_decimal128
from libs.contracts.marketplace import ReserveCredits
from services.marketplace.domain.errors import InsufficientCreditsError, ReservationClosedError
from services.marketplace.domain.ledger import Cause, Place
from services.marketplace.domain.lots import end_of_month
from services.marketplace.domain.wallet import Booking, Outcome, Reservation, ReservationState, Wallet, confirm, reserve, settle
from services.marketplace.outbound.books_mongo import BooksMongo
from services.marketplace.outbound.purchases_mongo import PurchasesMongo
from services.marketplace.usecases.bookkeeping import Bookkeeper
from services.marketplace.usecases.expire_reservations import ExpireReservations
from services.marketplace.usecases.reserve_credits import Reserve
from services.marketplace.usecases.settle_credits import Settle

NOVEMBER = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 0, 20, tzinfo=UTC)
LIFE = timedelta(minutes=15)
ADA = "account_ada"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = NOVEMBER

    def __call__(self) -> datetime:
        return self.time


@dataclass
class Month:
    """The marketplace's use cases on a real ledger, at a time of the story's choice."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        purchases = PurchasesMongo(self.database, on_write=lambda: None)
        books = BooksMongo(self.database, purchases)
        book = Bookkeeper(books, purchases)
        self._reserve, self.settle = Reserve(book, self.clock, LIFE), Settle(book, self.clock)
        self.expire = ExpireReservations(books, self.settle, self.clock)

    async def reserve(self, job: str, hours: int) -> None:
        await self._reserve(ReserveCredits(job_id=job, account_id=ADA, tier="free", hours=Decimal(hours)))

    async def turns(self) -> None:
        """December begins, with a job of one hour."""
        self.clock.time = DECEMBER
        await self.reserve("job_of_december", 1)

    async def ledger(self) -> dict[str, int | Decimal]:
        """Return what the movements say lies where; the wallet must say the same."""
        sums: Counter[str] = Counter()
        async for movement in self.database["movements"].find({"account_id": ADA}):
            for line in movement["lines"]:
                sums[line["place"]] += from_decimal128(line["hours"])  # type: ignore[assignment]  # Counter of decimals
        wallet: dict[str, Any] = await self.database["wallets"].find_one({"_id": ADA}) or {}
        assert sum(sums.values()) == 0
        assert {place: from_decimal128(wallet[place]) for place in ("available", "reserved")} == {
            place: sums[place] for place in ("available", "reserved")
        }
        return dict(sums)


@pytest.fixture
async def month(mongo_url: str, namespace: str) -> AsyncIterator[Month]:
    settings = SharedSettings(kafka_bootstrap="x", mongo_url=mongo_url, redis_url="redis://x", artifacts_url="x", namespace=namespace)
    database = connect(settings, "marketplace")
    await BooksMongo(database, PurchasesMongo(database, on_write=lambda: None)).prepare()
    yield Month(database)
    await database.client.drop_database(database.name)
    database.client.close()


@pytest.mark.parametrize(
    ("outcome", "used", "charged"), [("succeeded", "2", 2), ("cancelled", "2", 2), ("failed", "0", 0), ("released", "0", 0)]
)
async def test_what_a_job_of_november_gives_back_in_december_is_gone_with_november(
    month: Month, outcome: Outcome, used: str, charged: int
) -> None:
    await month.reserve("job_of_november", 5)
    await month.turns()

    settled = await month.settle("job_of_november", account_id=ADA, outcome=outcome, used=Decimal(used))

    assert settled.charged_hours == charged
    assert await month.ledger() == {
        "available": 9,
        "reserved": 1,
        "platform:grants": -20,
        "platform:expired": 10 - charged,
    } | ({"platform:compute": charged} if charged else {})


async def test_a_reservation_of_november_that_nobody_requested_expires_with_november(month: Month) -> None:
    await month.reserve("job_of_november", 5)
    await month.turns()

    assert await month.expire() == 1

    assert await month.ledger() == {"available": 9, "reserved": 1, "platform:grants": -20, "platform:expired": 10}


async def test_a_job_that_ends_before_decembers_grant_leaves_nothing_to_december(month: Month) -> None:
    await month.reserve("job_of_november", 5)
    month.clock.time = DECEMBER

    await month.settle("job_of_november", account_id=ADA, outcome="failed", used=Decimal(0))
    await month.turns()

    assert await month.ledger() == {"available": 9, "reserved": 1, "platform:grants": -20, "platform:expired": 10}


async def test_hours_beyond_novembers_reservation_are_not_taken_from_december(month: Month) -> None:
    await month.reserve("job_of_november", 5)
    await month.turns()

    settled = await month.settle("job_of_november", account_id=ADA, outcome="succeeded", used=Decimal(7))

    assert settled.charged_hours == 5
    assert await month.ledger() == {"available": 9, "reserved": 1, "platform:grants": -20, "platform:expired": 5, "platform:compute": 5}


async def test_hours_beyond_novembers_reservation_take_nothing_of_what_november_left_nor_of_decembers_grant(month: Month) -> None:
    await month.reserve("job_of_november", 5)
    month.clock.time = DECEMBER

    settled = await month.settle("job_of_november", account_id=ADA, outcome="succeeded", used=Decimal(7))
    await month.turns()

    assert settled.charged_hours == 5
    assert await month.ledger() == {"available": 9, "reserved": 1, "platform:grants": -20, "platform:expired": 5, "platform:compute": 5}


async def test_a_job_given_back_in_december_and_reserved_again_is_of_december(month: Month) -> None:
    await month.reserve("job", 5)
    await month.turns()
    await month.settle("job", account_id=ADA, outcome="released", used=Decimal(0))

    await month.reserve("job", 4)
    await month.settle("job", account_id=ADA, outcome="failed", used=Decimal(0))

    assert (await month.ledger())["available"] == 9


async def test_a_reservation_from_before_parts_were_kept_is_of_the_wallets_month(month: Month) -> None:
    await month.reserve("old_job", 5)
    await month.database["reservations"].update_one({"_id": "old_job"}, {"$unset": {"parts": ""}})

    await month.settle("old_job", account_id=ADA, outcome="failed", used=Decimal(0))

    assert await month.ledger() == {"available": 10, "reserved": 0, "platform:grants": -10}


@dataclass
class Books:
    """The books of one account in memory, kept by the rules of the domain."""

    wallet: Wallet = field(default_factory=lambda: Wallet(ADA))
    reservations: dict[str, Reservation] = field(default_factory=dict)
    places: Counter[Place] = field(default_factory=Counter)
    booked: set[str] = field(default_factory=set)

    def book(self, booking: Booking) -> None:
        self.wallet = booking.wallet
        if booking.reservation:
            self.reservations[booking.reservation.job_id] = booking.reservation
        for movement in booking.movements:
            assert movement.id not in self.booked
            self.booked.add(movement.id)
            for place, hours in movement.lines:
                self.places[place] += hours  # type: ignore[assignment]  # Counter of decimals

    def check(self) -> None:
        """Everything lies somewhere, and nobody has more of a month than the month granted."""
        held = [each for each in self.reservations.values() if each.state is not ReservationState.CLOSED]
        ends = end_of_month(self.wallet.period)
        of_this_month = sum(part.hours for each in held for part in each.parts if part.expires_at == ends)
        assert sum(self.places.values()) == 0
        assert self.wallet.available == self.places[Place.AVAILABLE] >= 0
        assert self.wallet.reserved == self.places[Place.RESERVED] == sum(each.hours for each in held)
        assert self.wallet.available + of_this_month <= self.wallet.granted


STEPS = st.lists(
    st.tuples(
        st.one_of(st.just("reserve"), st.just("confirm"), st.sampled_from(get_args(Outcome))),
        st.sampled_from(["job_1", "job_2", "job_3", "job_4"]),
        st.sampled_from(["free", "pro"]),
        st.decimals(min_value="0.1", max_value="8", places=2),
        st.sampled_from([1, 20, 10 * 24 * 60]),
    ),
    min_size=3,
    max_size=30,
)


@given(steps=STEPS)
def test_whatever_happens_over_the_months_books_balance_and_no_month_gives_more_than_its_grant(
    steps: list[tuple[Any, str, str, Decimal, int]],
) -> None:
    books, at = Books(), NOVEMBER
    for what, job, tier, hours, minutes in steps:
        at += timedelta(minutes=minutes)
        known = books.reservations.get(job)
        try:
            if what == "reserve":
                booking = reserve(books.wallet, known, job_id=job, tier=tier, hours=hours, at=at, life=LIFE)
            elif what == "confirm":
                booking = confirm(books.wallet, known, job_id=job, tier=tier, hours=hours, at=at)
            else:
                booking = settle(books.wallet, known, job_id=job, outcome=what, used=hours, at=at)
        except (InsufficientCreditsError, ReservationClosedError):
            continue
        books.book(booking)
        books.check()


def test_the_ledger_says_that_it_was_the_month_that_took_the_hours() -> None:
    november = reserve(Wallet(ADA), None, job_id="job", tier="free", hours=Decimal(5), at=NOVEMBER, life=LIFE)
    december = reserve(november.wallet, None, job_id="other", tier="free", hours=Decimal(1), at=DECEMBER, life=LIFE)

    ended = settle(december.wallet, november.reservation, job_id="job", outcome="failed", used=Decimal(0), at=DECEMBER)

    (movement,) = ended.movements
    assert (movement.cause, movement.source, movement.target) == (Cause.ALLOWANCE_EXPIRY, Place.RESERVED, Place.EXPIRED)
    assert (movement.hours, movement.job_id) == (Decimal(5), "job")
