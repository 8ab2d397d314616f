"""Books balance whatever happens: random histories of one wallet, and random crowds on several processes that die half-way."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as some

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError, AskTimeoutError
from libs.contracts.ids import new_id
from services.marketplace.domain.crediting import credit, expire
from services.marketplace.domain.errors import InsufficientCreditsError, ReservationClosedError
from services.marketplace.domain.money import MoneyPlace
from services.marketplace.domain.payments import Charge
from services.marketplace.domain.purchase import Purchase, begin
from services.marketplace.domain.wallet import Booking, Outcome, Reservation, Wallet, confirm, reserve, settle
from services.marketplace.settings import Settings
from tests.marketplace.market import Clock, Market, bought, serving
from tests.waiting import until

START = datetime(2026, 1, 10, tzinfo=UTC)
JOBS, PURCHASES = [f"job_{n}" for n in range(4)], [f"txn_{n}" for n in range(3)]
HOURS = some.decimals(min_value=Decimal("0.000001"), max_value=30, places=6)
OUTCOMES: list[Outcome] = ["succeeded", "failed", "limited", "cancelled", "released", "expired"]
STEP = some.one_of(
    some.tuples(some.just("reserve"), some.sampled_from(JOBS), HOURS),
    some.tuples(some.just("confirm"), some.sampled_from(JOBS), HOURS),
    some.tuples(some.just("settle"), some.sampled_from(JOBS), some.tuples(some.sampled_from(OUTCOMES), HOURS)),
    some.tuples(some.just("buy"), some.sampled_from(PURCHASES), HOURS.map(lambda hours: hours + 1)),
    some.tuples(some.just("credit"), some.sampled_from(PURCHASES), some.none()),
    some.tuples(some.just("expire"), some.sampled_from(PURCHASES), some.none()),
    some.tuples(some.just("wait"), some.none(), some.integers(min_value=1, max_value=20 * 24)),
)


@dataclass
class Books:
    """The books of one account in memory, written as the real ones are: a movement's id is booked once."""

    at: datetime = START
    wallet: Wallet = field(default_factory=lambda: Wallet("account_1"))
    reservations: dict[str, Reservation] = field(default_factory=dict)
    purchases: dict[str, Purchase] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    hours: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)

    def write(self, booking: Booking) -> None:
        self.wallet = booking.wallet
        if booking.reservation:
            self.reservations[booking.reservation.job_id] = booking.reservation
        if booking.purchase:
            self.purchases[booking.purchase.id] = booking.purchase
        self.move(self.hours, booking.movements)
        self.move(self.money, booking.money)

    def move(self, sums: Counter[str], movements: Iterable[object]) -> None:
        for movement in movements:
            assert movement.id not in self.ids  # type: ignore[attr-defined]  # either ledger's
            self.ids.add(movement.id)  # type: ignore[attr-defined]  # as above
            for place, amount in movement.lines:  # type: ignore[attr-defined]  # as above
                assert amount != 0
                sums[place] += amount

    def do(self, verb: str, name: str, given: object) -> None:
        self.at += timedelta(milliseconds=1)  # Time does not stand still between two writes.
        at, known = self.at, self.reservations.get(name)
        bought_one = self.purchases.get(name)
        match verb, given:
            case "reserve", Decimal() as hours:
                with suppress(InsufficientCreditsError, ReservationClosedError):
                    self.write(reserve(self.wallet, known, job_id=name, tier="free", hours=hours, at=at, life=timedelta(minutes=15)))
            case "confirm", Decimal() as hours:
                self.write(confirm(self.wallet, known, job_id=name, tier="free", hours=hours, at=at))
            case "settle", (outcome, Decimal() as used):
                self.write(settle(self.wallet, known, job_id=name, outcome=outcome, used=used, at=at))
            case "buy", Decimal() as hours if bought_one is None:
                purchase, payment = begin(bought(str(hours), account="account_1", transaction=name), at=at).paid(Charge("ch"), at=at)
                self.write(Booking(self.wallet, None, (), purchase, (payment,)))
            case "credit", None if bought_one:
                self.write(credit(self.wallet, bought_one, at=at))
            case "expire", None if bought_one:
                self.write(expire(self.wallet, bought_one, at=at))
            case "wait", int() as hours:
                self.at += timedelta(hours=hours)

    def check(self) -> None:
        wallet, open_jobs = self.wallet, [each for each in self.reservations.values() if each.state != "closed"]
        assert sum(self.hours.values()) == sum(self.money.values()) == 0
        assert wallet.available == self.hours["available"] >= 0
        assert wallet.reserved == self.hours["reserved"] == sum(each.hours for each in open_jobs) >= 0
        assert sum(lot.hours for lot in wallet.lots) == self.hours["purchased"]
        assert all(lot.hours > 0 for lot in wallet.lots)
        assert all(sum(part.hours for part in each.parts) == each.hours for each in open_jobs)
        waiting = [each for each in self.purchases.values() if each.state == "paid"]
        assert self.money[MoneyPlace.CLEARING] == sum(each.amount for each in waiting)
        sold = sum(each.hours for each in self.purchases.values() if each not in waiting)
        assert -self.hours["platform:sales"] == sold


@effort(max_examples=300, deadline=None)
@given(some.lists(STEP, max_size=40))
def test_no_history_of_a_wallet_unbalances_it_or_goes_below_zero(history: list[tuple[str, str, object]]) -> None:
    books = Books()
    for verb, name, given_hours in history:
        books.do(verb, name, given_hours)
        books.check()


@effort(max_examples=200, deadline=None)
@given(some.lists(STEP, max_size=30))
def test_each_step_twice_is_that_step_once(history: list[tuple[str, str, object]]) -> None:
    books = Books()
    for verb, name, given_hours in history:
        books.do(verb, name, given_hours)
        before = replace(books, ids=set(books.ids))
        if verb in {"credit", "expire"} or (verb == "settle" and books.reservations[name].state == "closed"):
            books.do(verb, name, given_hours)
            assert (books.wallet, books.ids) == (before.wallet, before.ids)


METHODS = ["credit_card"] * 4 + ["card_declined", "card_timeout", "provider_away"]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
async def test_books_balance_after_a_crowd_on_two_processes_of_which_many_asks_were_cut_off(settings: Settings, seed: int) -> None:
    chance, broker, clock = random.Random(seed), MemoryBroker(), Clock(START)
    accounts = [new_id("account") for _ in range(3)]
    quick = settings.model_copy(update={"sweep_every": timedelta(milliseconds=50)})

    async def one(market: Market, account: str) -> None:
        with suppress(AskRefusedError, AskTimeoutError):
            if chance.random() < 0.5:
                await market.buy(f"{chance.randint(1, 20)}", account=account, method=chance.choice(METHODS))
            else:
                job = (await market.reserve(f"{chance.randint(1, 30) / 10}", account=account)).job_id
                outcome = chance.choice(["succeeded", "failed", "cancelled", "released"])
                await market.settle(job, account=account, outcome=outcome, used=f"{chance.randint(0, 40) / 10}")
                await market.settle(job, account=account, outcome="failed", used="0")

    async with serving(quick, broker, clock) as first, serving(quick, broker, clock) as second:
        for _ in range(4):
            asks = [asyncio.create_task(one(chance.choice([first, second]), chance.choice(accounts))) for _ in range(40)]
            for ask in chance.sample(asks, 5):
                ask.cancel()
            await asyncio.gather(*asks, return_exceptions=True)
            clock.at = clock() + timedelta(days=chance.randint(1, 25))

        async def none_is(*states: str) -> bool:
            await first.pass_pauses()
            return not await first.database["purchases"].count_documents({"state": {"$in": states}})

        await until(lambda: none_is("begun", "paid"))
        clock.at = clock() + timedelta(days=32)
        await until(lambda: none_is("begun", "paid", "credited"))
        for account in accounts:
            assert await first.wallet_problems(account) == []
            money, balances = await first.money(account), await first.balances(account)
            charged = await first.charges(account)
            credited = await first.database["movements"].count_documents({"account_id": account, "cause": "purchase"})
            assert charged == credited
            assert (money.get("platform:clearing", 0), balances.get("purchased", 0)) == (0, 0)
            assert money.get("platform:sales", 0) == -balances.get("platform:sales", 0) * 5
