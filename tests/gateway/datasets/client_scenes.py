"""Situations in which the Python client meets an error about datasets."""

import io
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from libs.contracts.ids import new_id
from modelbourse import datasets
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit
from tests.gateway.datasets.desk import BROKEN, CSV, Clerk
from tests.gateway.studio.client_scenes import beyond_the_tier
from tests.gateway.studio.client_stage import Stage, answering, performed

NOBODYS = new_id("dataset")


def file(text: str = CSV) -> io.BytesIO:
    return io.BytesIO(text.encode())


def clerk(stage: Stage) -> Clerk:
    return Clerk(stage.studio, stage.ada)


async def a_dataset(stage: Stage) -> str:
    """A dataset that can be used."""
    sent = await clerk(stage).sent(symbol=f"A{new_id('dataset')[-8:].upper()}")
    await clerk(stage).complete(sent)
    return str(sent["dataset_id"])


async def a_dataset_in_check(stage: Stage) -> str:
    return str((await clerk(stage).sent(symbol=f"A{new_id('dataset')[-8:].upper()}"))["dataset_id"])


async def a_refused_dataset(stage: Stage) -> str:
    sent = await clerk(stage).sent(symbol=f"A{new_id('dataset')[-8:].upper()}")
    await clerk(stage).complete(sent, findings=(BROKEN,))
    return str(sent["dataset_id"])


async def the_same_candles_twice(stage: Stage) -> Any:
    found = await stage.run(datasets.get_dataset, await a_dataset(stage))
    await stage.run(datasets.upload_dataset, file(), symbol=found.symbol, timeframe=found.timeframe)


async def a_file_beyond_the_tier(stage: Stage) -> Any:
    poor = await stage.studio.user(tier=Tier.FREE)
    with TemporaryDirectory() as folder:
        large = Path(folder) / "large.csv"
        with large.open("wb") as opened:
            opened.truncate(DEFAULTS[Limit.UPLOAD][Tier.FREE] + 1_000_000)
        await stage.run(datasets.upload_dataset, large, symbol="ACME", by=poor)


async def more_checks_than_the_tier(stage: Stage) -> Any:
    most = DEFAULTS[Limit.JOBS][Tier.FREE]
    await beyond_the_tier(stage, lambda gateway: datasets.upload_dataset(gateway, file(), name="notes", kind="table"), most=most)


async def a_second_file_while_one_is_checked(stage: Stage) -> Any:
    await stage.run(datasets.append_dataset, await a_dataset_in_check(stage), file())


async def a_dataset_that_is_used(stage: Stage) -> Any:
    dataset_id = await a_dataset(stage)
    model_id = await stage.ada.make_model()
    trained = {"versions": [{"version": "1.0", "spec": {"own": [{"dataset_id": dataset_id}]}}]}
    await stage.studio.database["models"].update_one({"_id": model_id}, {"$set": trained})
    await stage.run(datasets.delete_dataset, dataset_id)


async def the_version_that_is_used(stage: Stage) -> Any:
    await stage.run(datasets.delete_version, await a_dataset(stage), 1)


async def a_download_that_breaks(_: Stage) -> Any:
    http, gateway = answering(200, "half", stream=True)
    with TemporaryDirectory() as folder:
        try:
            await performed(http, datasets.download_dataset(gateway, NOBODYS, folder))
        finally:
            assert not os.listdir(folder)  # noqa: PTH208  # a generator would be asked in a coroutine
