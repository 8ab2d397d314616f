"""Datasets of candles that an account has, as their checks leave them."""

from datetime import UTC, datetime
from typing import Any

from libs.contracts.datasets import Column, DatasetKind, Finding, FindingCode, Upload, ValidateResult, ValidateSpec
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.contracts.training import Artifact
from services.gateway.domain.datasets.dataset import DatasetVersion, first_of
from tests.gateway.studio.world import User, World

PRICES = ("time", "open", "high", "low", "close", "volume")
FLAT = Finding(code=FindingCode.FLAT_RUN, severity="warning", count=1, first=None, message="A run of 12 equal closes.")


async def give(
    studio: World,
    user: User,
    *,
    symbol: str = "ACME",
    timeframe: str = "1h",
    columns: tuple[str, ...] = (),
    dataset_id: str | None = None,
    version: int = 1,
    calendar: str = "24/7",
    end: datetime = datetime(2024, 12, 31, tzinfo=UTC),
) -> str:
    """Let the user have a ready version of a dataset from 2020 on; return the dataset's id."""
    datasets = studio.gateway.platform.datasets.datasets
    dataset_id = dataset_id or new_id("dataset")
    spec = ValidateSpec.model_validate(
        {
            "dataset_id": dataset_id, "version": version, "name": f"{symbol} from our desk", "kind": DatasetKind.CANDLES, "symbol": symbol,
            "timeframe": timeframe, "upload": Upload(path="uploads/x", sha256="0" * 64, size=1, format="csv"), "rows_most": 1000,
        }
    )  # fmt: skip
    begun = DatasetVersion(account_id=user.account_id, job_id=new_id("job"), spec=spec, created_at=now())
    roles: dict[str, Any] = {name: name for name in PRICES} | dict.fromkeys(columns, "feature")
    result = ValidateResult(
        status="ready",
        artifact=Artifact(uri="x", sha256=f"{version:064x}", size=1),
        rows=1000,
        added=1000,
        columns=tuple(Column(name=name, source=name, role=role, type="number", understood=None) for name, role in roles.items()),
        start=datetime(2020, 1, 1, tzinfo=UTC),
        end=end,
        timeframe=spec.timeframe,
        calendar=calendar,
        preview=(),
        findings=(FLAT,),
    )
    if version == 1:
        await datasets.add(first_of(begun))
    dataset = await datasets.get(dataset_id, account_id=user.account_id)
    await datasets.save(dataset.with_version(begun.checked(result), at=now()))
    return dataset_id
