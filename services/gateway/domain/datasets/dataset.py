"""A dataset: an account's own rows, in numbered versions that never change, each checked by a job before it can be used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from libs.contracts.datasets import DatasetKind, Finding, FindingCode, OwnCandles, Timeframe, ValidateResult, ValidateSpec
from libs.contracts.live import RefreshSpec, candles_of

DRY_RUN_LIFE: Final = timedelta(days=1)


# What a version was asked to be made of: a file that was sent, or what a live source has.
VersionSpec: TypeAlias = ValidateSpec | RefreshSpec


class DatasetStatus(StrEnum):
    """How a version stands."""

    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """One upload and what became of it. `spec` is what its check was asked; `reason` says why there is no result of it."""

    account_id: str
    job_id: str
    spec: VersionSpec
    created_at: datetime
    status: DatasetStatus = DatasetStatus.CHECKING
    result: ValidateResult | None = None
    reason: str | None = None

    @property
    def dataset_id(self) -> str:
        """Which dataset it is of."""
        return self.spec.dataset_id

    @property
    def number(self) -> int:
        """Which upload of its dataset it is, from 1."""
        return self.spec.version

    @property
    def has_ended(self) -> bool:
        """Whether its check has."""
        return self.status is not DatasetStatus.CHECKING

    @property
    def is_usable(self) -> bool:
        """Whether its rows can be used."""
        return self.status is DatasetStatus.READY and not self.spec.dry_run

    def checked(self, result: ValidateResult) -> "DatasetVersion":
        """Return it with what its check found."""
        return replace(self, status=DatasetStatus(result.status), result=result, reason=None)

    def broken_off(self, reason: str) -> "DatasetVersion":
        """Return it as refused, since its check did not come to its end."""
        return replace(self, status=DatasetStatus.REFUSED, reason=reason)

    def outdone(self, why: str) -> "DatasetVersion":
        """Return it as refused though its rows are good: another dataset has its symbol."""
        assert self.result is not None
        finding = Finding(code=FindingCode.CONFLICT, severity="error", count=1, first=None, message=why)
        update = {"status": "refused", "artifact": None, "findings": (*self.result.findings, finding)}
        return self.checked(self.result.model_copy(update=update))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """`newest` is the version that was sent last, `ready` the newest that can be used; None while there is none.

    `revision` counts its writes. One that was only looked at (`is_dry_run`) is in no list and can never be used.
    """

    id: str
    account_id: str
    name: str
    kind: DatasetKind
    symbol: str | None
    created_at: datetime
    updated_at: datetime
    newest: DatasetVersion
    ready: DatasetVersion | None = None
    is_dry_run: bool = False
    revision: int = 0

    @property
    def timeframe(self) -> Timeframe | None:
        """How long one of its candles is; None until that is known."""
        shown = self.ready or self.newest
        return (shown.result.timeframe if shown.result else None) or shown.spec.timeframe

    @property
    def calendar(self) -> str | None:
        """When the market of its candles trades; None until that is known."""
        shown = self.ready or self.newest
        return (shown.result.calendar if shown.result else None) or shown.spec.calendar

    @property
    def status(self) -> DatasetStatus:
        """That of its newest version; a refused one takes nothing from what could be used before it."""
        is_usable = self.ready is not None and self.newest.status is DatasetStatus.REFUSED
        return DatasetStatus.READY if is_usable else self.newest.status

    @property
    def claim(self) -> str | None:
        """What no other dataset of the account may be of meanwhile, as a word; None for one without candles that are or may be usable."""
        is_alive = self.ready is not None or not self.newest.has_ended
        if self.is_dry_run or not is_alive or self.symbol is None or self.timeframe is None:
            return None
        return claim_of(self.symbol, self.timeframe)

    def renamed(self, name: str, *, at: datetime) -> "Dataset":
        """Return it under another name; itself where it has that already."""
        return self if name == self.name else replace(self, name=name, updated_at=at)

    def with_version(self, version: DatasetVersion, *, at: datetime) -> "Dataset":
        """Return it as it is once this version stands as it does; itself where it has seen that, or newer."""
        newest = self.newest
        # A check begins when the one before has ended, so that what is older has been seen to its end.
        is_news = version.number > newest.number or (version.number == newest.number and version.has_ended and not newest.has_ended)
        if not is_news:
            return self
        return replace(self, newest=version, ready=version if version.is_usable else self.ready, updated_at=at)

    def with_end(self, version: DatasetVersion) -> DatasetVersion:
        """Return a version of it as ended where its end has been seen here, and the version's own document says so in a moment only."""
        seen = next((each for each in (self.newest, self.ready) if each is not None and each.number == version.number), version)
        if not version.has_ended and seen.has_ended:
            return replace(version, status=seen.status, reason=seen.reason)
        if not version.has_ended and version.number < self.newest.number:  # A check begins when the one before has ended.
            return version.checked(version.result) if version.result else version.broken_off(version.reason) if version.reason else version
        return version

    def own_candles(self) -> OwnCandles | None:
        """Return what stands behind its symbol; None where nothing usable does."""
        ready = self.ready
        return candles_of(ready.spec, ready.result) if ready is not None and ready.result is not None else None


def read_spec(given: Mapping[str, Any]) -> VersionSpec:
    """Return what a version was asked to be made of, as its store or its job has it."""
    return RefreshSpec.model_validate(given) if "source" in given else ValidateSpec.model_validate(given)


def claim_of(symbol: str, timeframe: str) -> str:
    """Return what two datasets of an account cannot both be of."""
    return f"{symbol} {timeframe}"


def first_of(version: DatasetVersion) -> Dataset:
    """Return the dataset that a first version begins."""
    spec = version.spec
    return Dataset(
        id=spec.dataset_id,
        account_id=version.account_id,
        name=spec.name,
        kind=spec.kind,
        symbol=spec.symbol,
        created_at=version.created_at,
        updated_at=version.created_at,
        newest=version,
        ready=version if version.is_usable else None,
        is_dry_run=spec.dry_run,
    )
