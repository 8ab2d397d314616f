"""What a snapshot of a model reads, what keeps it from being computed, and what it is priced at."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from libs.contracts.model_monitoring import MarketSubject, MonitorSpec, Subject
from libs.contracts.money import to_hours
from services.gateway.domain.accounts.tier_limits import Limit
from services.gateway.domain.models.check_spec import check_data

if TYPE_CHECKING:
    from services.gateway.domain.jobs.terms import Policy

# CPU seconds that are set aside, estimates on the safe side: for a new process with its imports, both windows' features and answers, the
# noise of the reference and the classifier; and for each megabyte of the files that are read beside.
SECONDS: Final = 300.0
SECONDS_A_MB: Final = 10.0
NOTHING: Final[tuple[Sequence[str], str]] = ((), "1d")


def read_by(subject: Subject) -> tuple[Sequence[str], str]:
    """Return the symbols whose candles are read, and of which timeframe; none where files are."""
    return (subject.training.symbols, subject.training.timeframe) if isinstance(subject, MarketSubject) else NOTHING


def check_monitoring(spec: MonitorSpec, policy: "Policy") -> None:
    """Raise InvalidError where candles or columns are no more, SubscriptionRequiredError or LimitReachedError for too large a file."""
    if isinstance(spec.subject, MarketSubject):
        check_data(spec.subject.training, own=policy.own, synthetic_allowed=policy.synthetic)
    else:
        policy.limits.check(Limit.UPLOAD, _bytes_of(spec), tier=policy.tier)


def monitoring_hours(spec: MonitorSpec) -> Decimal:
    """Return the compute hours that are set aside, and the most that is charged."""
    return to_hours(SECONDS + SECONDS_A_MB * _bytes_of(spec) / 1_000_000)


def _bytes_of(spec: MonitorSpec) -> int:
    files = () if isinstance(spec.subject, MarketSubject) else (spec.subject.reference, spec.subject.current)
    return max((file.artifact.size for file in files if file is not None), default=0)
