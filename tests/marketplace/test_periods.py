"""Calendar months, prices, what an unused rest is worth, and fees: exact to the cent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from libs.contracts.subscriptions import Period
from services.marketplace.domain.billing import fee_of, price_of, rest_of
from services.marketplace.domain.periods import months_after
from services.marketplace.domain.subscription import Run

NOON = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
MONEY = some.decimals(min_value=Decimal("1.00"), max_value=Decimal("1200000.00"), places=2)


@pytest.mark.parametrize(
    ("months", "day"),
    [(1, "2026-02-28"), (2, "2026-03-31"), (3, "2026-04-30"), (12, "2027-01-31"), (25, "2028-02-29"), (11, "2026-12-31")],
)
def test_a_month_ends_on_the_same_day_or_the_last_there_is(months: int, day: str) -> None:
    assert months_after(NOON, months) == datetime.fromisoformat(f"{day}T12:30:00+00:00")


def test_months_that_follow_each_other_do_not_drift() -> None:
    run = Run(NOON, 1, NOON)

    days = [run.ends.date().isoformat()]
    for _ in range(4):
        run = run.followed_by(Period.MONTHLY)
        days.append(run.ends.date().isoformat())

    assert days == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
    assert run.began.date().isoformat() == "2026-05-31"


def test_a_leap_day_comes_back_in_a_leap_year() -> None:
    leap = datetime(2024, 2, 29, tzinfo=UTC)

    assert [months_after(leap, 12 * years).date().isoformat() for years in (1, 2, 3, 4)] == [
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


@pytest.mark.parametrize(("period", "price"), [(Period.MONTHLY, "2999.00"), (Period.QUARTERLY, "8997.00"), (Period.YEARLY, "35988.00")])
def test_a_period_costs_the_monthly_price_times_its_months(period: Period, price: str) -> None:
    assert price_of(Decimal("2999.00"), period) == Decimal(price)


def test_a_rest_is_counted_by_time_and_rounded_for_the_subscriber() -> None:
    began, ends = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)

    def worth(**passed: float) -> Decimal:
        return rest_of(Decimal("10.00"), began=began, ends=ends, at=began + timedelta(**passed))

    assert worth(days=0) == Decimal("10.00")
    assert worth(days=31 / 2) == Decimal("5.00")
    assert worth(days=10) == Decimal("6.78")  # 6.774…, up
    assert worth(seconds=1) == Decimal("10.00")
    assert worth(days=31) == worth(days=400) == Decimal("0.00")


@given(MONEY, some.integers(min_value=0, max_value=400), some.sampled_from(Period))
def test_a_rest_is_never_more_than_was_paid_and_never_less_than_its_share(price: Decimal, hours: int, period: Period) -> None:
    began, months = NOON, {Period.MONTHLY: 1, Period.QUARTERLY: 3, Period.YEARLY: 12}[period]
    ends, at = months_after(began, months), began + timedelta(hours=hours)

    rest = rest_of(price, began=began, ends=ends, at=at)

    share = price * Decimal((ends - at) / (ends - began))
    assert Decimal(0) <= rest <= price
    assert -Decimal("0.001") <= rest - share < Decimal("0.011")


@given(MONEY, some.decimals(min_value=0, max_value=1, places=3))
def test_a_fee_is_in_cents_and_never_more_than_the_payment(amount: Decimal, rate: Decimal) -> None:
    fee = fee_of(amount, rate=rate)

    assert Decimal(0) <= fee <= amount
    assert fee == fee.quantize(Decimal("0.01"))
    assert abs(fee - amount * rate) <= Decimal("0.005")
