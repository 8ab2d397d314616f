"""What the gateway reads from its environment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from ipaddress import IPv6Network, ip_network
from typing import Annotated, Final, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from libs.chassis.production import Danger
from libs.chassis.settings import SharedSettings
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS
from services.gateway.domain.datasets.live_series import LiveSeries, by_id

KEY: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECRET_LEAST: Final = 32
LIMITS: Final[dict[str, dict[str, int]]] = {
    "ai_studio": {"free": 100, "pro": 1000, "elite": 10000, "anonymous": 1000},
    "ai_engine": {"free": 1000, "pro": 5000, "elite": 20000, "anonymous": 1000},
    "model_builder": {"free": 1000, "pro": 5000, "elite": 20000, "anonymous": 1000},
    "ml_development": {"free": 1000, "pro": 5000, "elite": 20000, "anonymous": 1000},
    "auth": {"anonymous": 3000},
    "page_reads": {"free": 6000, "pro": 20000, "elite": 50000, "anonymous": 6000},
}
KINDS: Final = (*Tier, "anonymous")
RETRIES_MOST: Final = 20
EVERY_INTERFACE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  # compared, not bound
# The widest networks that are somebody's own: 10.0.0.0/8 and fc00::/7. Where IPv4 is written as IPv6, the former is a /104.
WIDEST_IPV4: Final = 8
WIDEST_IPV6: Final = 7
MAPPED: Final = IPv6Network("::ffff:0:0/96")


class Settings(SharedSettings):
    """The gateway's own fields carry `GATEWAY_`."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` in a container.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; several gateways on one machine share it.")
    jwt_keys: Annotated[tuple[tuple[str, str], ...], NoDecode] = Field(
        repr=False,
        description="Keys of access tokens, `kid:secret[,kid:secret]`: the first signs, all verify. A secret has 32 or more characters. "
        "How to change them: docs/guides/production.md#changing-keys.",
    )
    access_token_life: timedelta = Field(
        timedelta(minutes=30), description="Life of an access token, in seconds or ISO 8601.", ge=timedelta(seconds=1), le=timedelta(days=1)
    )
    refresh_token_life: timedelta = Field(
        timedelta(days=30), description="Life of a refresh token; each use begins it anew.", ge=timedelta(minutes=1), le=timedelta(days=366)
    )
    credential_memory_s: float = Field(
        15.0, ge=0, le=30, description="How long a checked credential is remembered: a revocation or a new tier shows within it."
    )
    new_account_tier: Tier = Field(
        default_factory=lambda given: Tier.ELITE if given.get("profile") == "development" else Tier.FREE,
        description="Tier of a new account. Default: `elite` in development, else `free`.",
    )
    rate_limits: dict[str, dict[str, NonNegativeInt]] = Field(
        default_factory=dict,
        validate_default=True,
        description='Requests an hour by face and tier, JSON: `{"ai_studio": {"free": 100, "pro": 1000, "elite": 10000}}`; '
        "`anonymous` counts per address, also callers whose tier has no number of its own. What is left out keeps its default.",
    )
    tier_limits: dict[str, dict[str, PositiveInt]] = Field(
        default_factory=dict,
        validate_default=True,
        description='What each tier may use, JSON by limit and tier: `{"jobs_at_once": {"free": 2, "pro": 10, "elite": 50}}`; '
        "docs/guides/compute.md has the limits. What is left out keeps its default.",
    )
    free_guesses: PositiveInt = Field(
        5,
        description="Wrong passwords in 15 minutes for one name or email from one address before the next has to wait, doubling from "
        "`GATEWAY_GUESS_WAIT` to 15 minutes; ten times that for an address, and for a name or email from anywhere.",
    )
    guess_wait: PositiveFloat = Field(
        1.0, description="Seconds of the first wait after too many wrong passwords; each further one doubles it."
    )
    guess_pause: PositiveFloat = Field(
        5.0,
        description="Seconds for which an attempt that comes before its time is held (up to four at once, one after the other). The right "
        "password from an address or device that logged in during the last 30 days gets in after it; any other attempt is refused.",
    )
    registrations_per_hour: PositiveInt = Field(
        default_factory=lambda given: 1000 if given.get("profile") == "development" else 10,
        description="Accounts that an address may make an hour. Default: 1000 in development, where everybody is one address, else 10.",
    )
    max_body_bytes: PositiveInt = Field(
        1_000_000, description="Largest request body; those with candles (`/ai/analyze` and its like) may be twice as large."
    )
    max_header_bytes: PositiveInt = Field(32_768, description="Most bytes of a request's address and headers.")
    header_timeout: PositiveFloat = Field(15.0, description="Seconds in which a request's headers must have come.")
    body_timeout: PositiveFloat = Field(30.0, description="Seconds for which a request's body may stand still.")
    answer_timeout: PositiveFloat = Field(
        30.0, description="Seconds for which the reader of an answer may stand still before the connection is broken off."
    )
    idle_timeout: PositiveInt = Field(
        75,
        description="Seconds for which a connection may be idle; longer than a load balancer keeps one, so that it does not close first.",
    )
    connections_per_address: PositiveInt = Field(
        200, description="Connections that an address may have at once with each gateway; trusted proxies may have any number."
    )
    sockets_per_account: PositiveInt = Field(
        20, description="WebSockets that an account may have open at once with each gateway; one more is refused."
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        description="Where callers find the gateway, a path before its own included, for the addresses that it tells (`next`, the "
        "OpenAPI document's server …). "
        "Default: `http://HOST:PORT`; in production it has to be said where the gateway listens on every interface.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Web origins that may call from a browser, separated by commas; none by default."
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses of proxies whose X-Forwarded-For and -Proto are believed, separated by commas; `*` for all."
    )
    metrics_token: str | None = Field(
        None,
        repr=False,
        description="What `/metrics` asks for, as `Authorization: Bearer …`; who does not bring it gets 404. Without one, production has "
        "no `/metrics`, and development shows it to all.",
    )
    docs: Literal["public", "accounts", "off"] = Field(
        default_factory=lambda given: "public" if given.get("profile") == "development" else "accounts",
        description="Who may read `/docs`, `/openapi.json`, `/asyncapi` and `/asyncapi.json`: everybody, accounts (by token, API key, or "
        "in a browser name and password), or nobody (404). Default: `public` in development, else `accounts`.",
    )
    anonymous: Literal["documented", "never"] = Field(
        default_factory=lambda given: "documented" if given.get("profile") == "development" else "never",
        description="Whether callers without a credential may use what the public APIs' documents leave open to them. "
        "Default: `documented` in development, else `never`.",
    )
    password_threads: PositiveInt = Field(2, description="Password hashes computed at the same time.")
    predict_deadline: PositiveFloat = Field(5.0, description="Seconds to wait for predictions before the answer is 504.")
    range_deadline: PositiveFloat = Field(
        30.0, description="Seconds to wait for one page of explanations or batch predictions (up to 366) before the answer is 504."
    )
    wait_for_job: float = Field(
        5.0,
        ge=0,
        le=30,
        description="Seconds for which an export, a check of data or a prediction waits for its job before it is answered as pending.",
    )
    access_log: Literal["all", "problems"] = Field(
        "problems", description="Log every request, or those that failed or took longer than 1 s."
    )
    job_life: timedelta = Field(
        timedelta(days=365),
        ge=timedelta(days=1),
        description="How long an ended job is shown, its log included; one that made a version of a model as long as that is there.",
    )
    prediction_life: timedelta = Field(
        timedelta(days=365), ge=timedelta(days=1), description="How long a prediction of rows is kept, with what came of it."
    )
    monitor_every: timedelta = Field(
        timedelta(days=1),
        ge=timedelta(0),
        description="How often a model in production is looked at where its own rules do not say. 0: never by itself.",
    )
    deploy_accuracy_least: float = Field(
        0.60, ge=0, le=1, description="How right a model must be, out of sample, to be deployed without `force_deploy`: a share."
    )
    artifact_life: timedelta = Field(
        timedelta(0),
        description="How old a file of the artifact store must be that no version of a model names before it is removed, a day or"
        " more. Only for a store that this platform alone uses. Default: nothing is removed; `make up` sets 30 days for its own folder.",
    )
    live_series: tuple[LiveSeries, ...] = Field(
        (),
        description='Candles that are fetched again and again, for everybody to use, JSON: `[{"source": "ccxt:binance", "market":'
        ' "BTC/USDT", "timeframe": "1h", "since": "2024-01-01"}]`; docs/guides/live-data.md has all fields. All gateways have the same.',
    )
    webhook_retries: Annotated[tuple[PositiveFloat, ...], NoDecode] = Field(
        (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0),
        min_length=1,
        max_length=RETRIES_MOST,
        description="Seconds between the attempts of a delivery to a webhook, separated by commas; after the last attempt it has failed.",
    )
    webhook_timeout: timedelta = Field(
        timedelta(seconds=10), gt=timedelta(0), le=timedelta(minutes=1), description="How long one attempt may take in all."
    )
    webhook_give_up_after: timedelta = Field(
        timedelta(days=5), gt=timedelta(0), description="A webhook is disabled after nothing but failure for so long."
    )
    stop_within_s: PositiveFloat = Field(10.0, description="How long running requests may take to end when the gateway stops.")

    @property
    def public_address(self) -> str:
        """What addresses that callers are told begin with."""
        if self.public_url:
            return self.public_url.rstrip("/")
        # An address to listen on may be that of every interface, which is nobody's.
        host = "127.0.0.1" if self.host in EVERY_INTERFACE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def metrics_open(self) -> bool:
        """Whether everybody may see metrics while there is no token for them."""
        return self.profile == "development" or "metrics" in self.allow_insecure

    def dangers(self) -> Iterator[Danger]:
        """Yield what is not fit for production: whom the gateway believes, and whom it lets read."""
        yield from super().dangers()
        if "*" in self.cors_origins:
            yield Danger("cors", "GATEWAY_CORS_ORIGINS=* lets the page of any web site use the API: name the origins that may")
        if wide := next(filter(_is_everybodys, self.trusted_proxies.split(",")), None):
            yield Danger(
                "proxies",
                f"GATEWAY_TRUSTED_PROXIES={wide.strip()} lets callers choose the address that they are counted by: name the proxies",
            )
        # Without a token there is no page, which is no danger; it is one that was asked for.
        if self.metrics_open and not self.metrics_token:
            yield Danger("metrics", "/metrics is shown to everybody: set GATEWAY_METRICS_TOKEN")

    @model_validator(mode="after")
    def _is_found(self) -> Self:
        if self.profile == "production" and self.host in EVERY_INTERFACE and not self.public_url:
            message = f"GATEWAY_PUBLIC_URL must say where callers find a gateway that listens on {self.host}"
            raise ValueError(message)
        return self

    @field_validator("artifact_life")
    @classmethod
    def _is_longer_than_a_training(cls, given: timedelta) -> timedelta:
        if given and given < timedelta(days=1):
            message = "it is a day or more, or 0 for never"
            raise ValueError(message)
        return given

    @field_validator("live_series")
    @classmethod
    def _are_different(cls, given: tuple[LiveSeries, ...]) -> tuple[LiveSeries, ...]:
        return tuple(by_id(given).values())

    @field_validator("jwt_keys", mode="before")
    @classmethod
    def _read_keys(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        keys = tuple((kid.strip(), secret.strip()) for kid, _, secret in (part.partition(":") for part in given.split(",")))
        if not all(KEY.fullmatch(kid) and len(secret) >= SECRET_LEAST for kid, secret in keys):
            message = f"it is not kid:secret[,kid:secret] with secrets of {SECRET_LEAST} or more characters"
            raise ValueError(message)
        if len({kid for kid, _ in keys}) != len(keys):
            message = "two keys have the same kid"
            raise ValueError(message)
        return keys

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _read_origins(cls, given: object) -> object:
        return tuple(origin.strip().rstrip("/") for origin in given.split(",") if origin.strip()) if isinstance(given, str) else given

    @field_validator("webhook_retries", mode="before")
    @classmethod
    def _read_retries(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else given

    @field_validator("tier_limits", mode="after")
    @classmethod
    def _fill_tier_limits(cls, given: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        defaults = {str(limit): {str(tier): most for tier, most in tiers.items()} for limit, tiers in DEFAULTS.items()}
        return _filled(given, defaults=defaults, noun="limit", tiers=tuple(Tier))

    @field_validator("rate_limits", mode="after")
    @classmethod
    def _fill_limits(cls, given: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        return _filled(given, defaults=LIMITS, noun="face", tiers=KINDS)


def _is_everybodys(address: str) -> bool:
    """Tell whether `*` or a network holds more than anybody's own can."""
    try:
        network = ip_network(address.strip(), strict=False)
    except ValueError:
        return address.strip() == "*"
    if not isinstance(network, IPv6Network):
        return network.prefixlen < WIDEST_IPV4
    return network.prefixlen < (MAPPED.prefixlen + WIDEST_IPV4 if network.overlaps(MAPPED) else WIDEST_IPV6)


def _filled(
    given: dict[str, dict[str, int]], *, defaults: Mapping[str, Mapping[str, int]], noun: str, tiers: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return numbers by noun and tier, with defaults for what is left out. Raise ValueError for a noun or tier that there is not."""
    for name, by_tier in given.items():
        if name not in defaults:
            message = f"'{name}' is not a {noun}; there are {', '.join(defaults)}"
            raise ValueError(message)
        if unknown := set(by_tier) - set(tiers):
            message = f"'{min(unknown)}' is not a tier; there are {', '.join(tiers)}"
            raise ValueError(message)
    return {name: {**usual, **given.get(name, {})} for name, usual in defaults.items()}
