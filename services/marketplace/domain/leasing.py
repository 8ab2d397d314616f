"""What a seller's listed models have earned, by model and month; pure sums."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from libs.contracts.subscriptions import Leasing, ModelLeasing, MonthRevenue
from services.marketplace.domain.subscription_ports import Coming, Sale, Takings

MONTHS_SHOWN: Final = 12
NOTHING: Final = Decimal("0.00")


def leasing_of(sales: Sequence[Sale], takings: Sequence[Takings], comings: Iterable[Coming], *, at: datetime, currency: str) -> Leasing:
    """Return the figures at a moment: money gross, less refunds, and what the platform's fees leave of it."""
    by_listing = {coming.listing_id: coming for coming in comings}
    revenue, fees = _total(takings), sum((each.fees for each in takings), NOTHING)
    models = tuple(
        _model(sale, [each for each in takings if each.listing_id == sale.listing_id], by_listing.get(sale.listing_id), at=at)
        for sale in sales
    )
    return Leasing(
        total_revenue=revenue,
        platform_fees=fees,
        net_earnings=revenue - fees,
        active_subscriptions=sum(coming.usable for coming in by_listing.values()),
        models=models,
        months=tuple(_month(name, takings) for name in _months(at)),
        currency=currency,
    )


def month_began(at: datetime) -> datetime:
    """Return when a moment's calendar month began, UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _model(sale: Sale, takings: list[Takings], coming: Coming | None, *, at: datetime) -> ModelLeasing:
    return ModelLeasing(
        model_id=sale.model_id,
        listing_id=sale.listing_id,
        title=sale.title,
        monthly_revenue=_total(each for each in takings if each.month == f"{month_began(at):%Y-%m}"),
        total_revenue=_total(takings),
        subscribers=coming.usable if coming else 0,
        churn_rate=round(coming.gone / coming.at_first, 6) if coming and coming.at_first else None,
    )


def _month(name: str, takings: Sequence[Takings]) -> MonthRevenue:
    return MonthRevenue(
        month=name,
        revenue=_total(each for each in takings if each.month == name),
        total=_total(each for each in takings if each.month <= name),
    )


def _months(at: datetime) -> list[str]:
    """Return the names of the last twelve months, this one included, in order."""
    last = at.astimezone(UTC).year * 12 + at.astimezone(UTC).month - 1
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(last - MONTHS_SHOWN + 1, last + 1)]


def _total(takings: Iterable[Takings]) -> Decimal:
    return sum((each.revenue for each in takings), NOTHING)
