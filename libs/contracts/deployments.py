"""Deployments: which model answers for a symbol and a timeframe on the whole platform."""

from typing import ClassVar

from pydantic import Field

from libs.contracts.envelope import Event, Moment


class ModelDeployed(Event):
    """An admin has put a version of a model into production for a symbol and a timeframe; the one before it is archived."""

    topic: ClassVar[str] = "model.deployed"
    key_field: ClassVar[str] = "place"

    place: str = Field(description="Symbol and timeframe, `BTC-USD 15m`: `sequence` counts what was told of it.")
    model_id: str
    job_id: str = Field(description="The training that made the version.")
    account_id: str = Field(description="Whose model it is.")
    deployment_id: str
    symbol: str = Field(description="Whose candles it was trained on, as the platform calls them: `BTC-USD`, not `BTCUSDT`.")
    timeframe: str
    version: str
    artifact: str = Field(description="sha256 of the version's manifest.")
    version_made_at: Moment
    accuracy: float | None
    name: str = Field(description="What it is called where models have readable names: `lstm_BTCUSDT_15m_20251122`.")
    deployed_by: str = Field(description="The admin's account.")
    previous_model: str | None = Field(description="The name of the one that answered before; null where there was none.")
    is_active: bool = Field(description="Whether it answers from now on; if not, it stands by, and the one before goes on answering.")
    notes: str = ""
