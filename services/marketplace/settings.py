"""What the marketplace reads from its environment."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.chassis.settings import SharedSettings


class Settings(SharedSettings):
    """MARKETPLACE_* and what all services share."""

    model_config = SettingsConfigDict(env_prefix="MARKETPLACE_", frozen=True)

    reservation_life: timedelta = Field(
        timedelta(minutes=15),
        description="How long credits stay reserved for a job whose request never comes (ISO 8601 duration or seconds).",
    )
    sweep_every: timedelta = Field(timedelta(seconds=30), description="How often expired reservations are looked for.")
