"""What the marketplace reads from its environment."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal

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
    sweep_every: timedelta = Field(
        timedelta(seconds=30), description="How often expired reservations and purchases, and unfinished purchases, are looked for."
    )
    auto_approve: bool = Field(default=False, description="Whether a submitted listing is on sale at once, without a reviewer.")
    measure_every: timedelta = Field(
        timedelta(hours=6), gt=timedelta(0), description="How often the live record of each model on sale is measured anew."
    )
    fee_rate: Decimal = Field(
        Decimal("0.20"),
        ge=0,
        le=1,
        description="The platform's part of what subscribers pay; the rest is their seller's.",
    )
    renewal_grace: timedelta = Field(
        timedelta(days=3),
        ge=timedelta(0),
        le=timedelta(days=14),
        description="How long after a period's end a subscription that renews can still be used while its payment is tried: at the end, "
        "after each third of this, and for the last time at its end.",
    )
    payments: Literal["sandbox", "none"] = Field(
        default_factory=lambda given: "sandbox" if given.get("profile") == "development" else "none",
        description="The payment provider: `sandbox` takes no real money; `none` refuses purchases. Default: `sandbox` in development, "
        "else `none`.",
    )
    payment_within: timedelta = Field(
        timedelta(seconds=5),
        gt=timedelta(0),
        le=timedelta(seconds=7),
        description="How long the payment provider may take to answer before the purchase is left to go on by itself.",
    )
