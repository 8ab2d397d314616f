"""What monitoring reads from its environment."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from libs.chassis.settings import SharedSettings


class Settings(SharedSettings):
    """MONITORING_* and what all services share."""

    model_config = SettingsConfigDict(env_prefix="MONITORING_")
    opens_artifacts: ClassVar[bool] = False

    missed_beats: PositiveInt = Field(3, description="Heartbeats that an instance may miss before it counts as silent.")
    gone_after: timedelta = Field(
        timedelta(minutes=5), gt=timedelta(0), description="Silence after which an instance counts as gone, in seconds or ISO 8601."
    )
    forget_after: timedelta = Field(timedelta(days=1), gt=timedelta(0), description="How long an instance that is gone stays known.")
    sweep_every: timedelta = Field(timedelta(seconds=1), gt=timedelta(0), description="How often silent instances are looked for.")
    look_every: timedelta = Field(
        timedelta(seconds=5), gt=timedelta(0), description="How often the rules of alerts are held against what is measured."
    )
