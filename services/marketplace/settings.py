"""What the marketplace reads from its environment."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from libs.chassis.production import Danger
from libs.chassis.settings import SharedSettings
from libs.chassis.weak_secrets import weakness

KEY: Final = re.compile(r"(sk|rk)_[A-Za-z0-9_]{8,250}")
URL: Final = re.compile(r"https://[^\s/@]+/?|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/?")


class Settings(SharedSettings):
    """MARKETPLACE_* and what all services share."""

    model_config = SettingsConfigDict(env_prefix="MARKETPLACE_", frozen=True)
    opens_artifacts: ClassVar[bool] = False
    made_elsewhere: ClassVar[frozenset[str]] = frozenset({"stripe_key"})

    reservation_life: timedelta = Field(
        timedelta(minutes=15),
        description="How long credits stay reserved for a job whose request never comes (ISO 8601 duration or seconds).",
    )
    sweep_every: timedelta = Field(
        timedelta(seconds=30), description="How often expired reservations and purchases, and unfinished purchases, are looked for."
    )
    auto_approve: bool = Field(default=False, description="Whether a submitted listing is on sale at once, without a reviewer.")
    measure_every: timedelta = Field(
        timedelta(hours=6), gt=timedelta(0), description="How often the records of each model on sale are measured anew."
    )
    ranking_bars: int = Field(
        250, ge=2, description="How many candles a listing's record needs at least before listings are ordered and filtered by it."
    )
    ranking_trades: int = Field(
        30, ge=1, description="How many trades a listing's record needs at least before listings are ordered and filtered by it."
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
    payments: Literal["sandbox", "stripe", "none"] = Field(
        default_factory=lambda given: "sandbox" if given.get("profile") == "development" else "none",
        description="The payment provider: `sandbox` takes no real money, `stripe` takes it, `none` refuses purchases. "
        "Default: `sandbox` in development, else `none`.",
    )
    payment_within: timedelta = Field(
        timedelta(seconds=5),
        gt=timedelta(0),
        le=timedelta(seconds=7),
        description="How long the payment provider may take to answer before the purchase is left to go on by itself.",
    )
    stripe_key: str | None = Field(
        None, repr=False, validate_default=True, description="Stripe's secret or restricted key; needed with `MARKETPLACE_PAYMENTS=stripe`."
    )
    stripe_url: str = Field("https://api.stripe.com", description="Where Stripe is; `https`, or a loopback address for tests.")
    stripe_currency: Literal["usd", "eur", "gbp", "inr"] = Field("usd", description="The currency of all prices, as Stripe calls it.")

    @field_validator("stripe_key")
    @classmethod
    def _key_where_it_is_needed(cls, given: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("payments") == "stripe" and not KEY.fullmatch(given or ""):
            message = "it must be a key of Stripe (sk_… or rk_…) with MARKETPLACE_PAYMENTS=stripe"
            raise ValueError(message)
        return given

    @field_validator("stripe_url")
    @classmethod
    def _key_travels_in_secret(cls, given: str) -> str:
        if not URL.fullmatch(given):
            message = "it must be https://…, or http:// to this machine"
            raise ValueError(message)
        return given.rstrip("/")

    def dangers(self) -> Iterator[Danger]:
        """Yield what is not fit for production: credits and listings for nothing, and models on sale that nobody has looked at."""
        yield from super().dangers()
        if self.payments == "sandbox":
            yield Danger("payments", "MARKETPLACE_PAYMENTS=sandbox gives credits away: set stripe with MARKETPLACE_STRIPE_KEY, or none")
        if (self.stripe_key or "").startswith(("sk_test_", "rk_test_")):
            yield Danger("payments", "MARKETPLACE_STRIPE_KEY is of Stripe's test mode, which takes no real money: set a live one")
        elif self.stripe_key and (why := weakness(self.stripe_key)):
            yield Danger("keys", f"MARKETPLACE_STRIPE_KEY is no key of Stripe: {why}; copy the whole live one from Stripe's dashboard")
        if self.auto_approve:
            yield Danger("auto_approve", "MARKETPLACE_AUTO_APPROVE puts listings on sale that no reviewer has seen: take it away")
