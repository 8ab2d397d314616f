"""What every service reads from its environment: shared addresses without a prefix, own fields with the service's."""

import json
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

from pydantic import AliasChoices, Field, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SecretsSettingsSource, SettingsConfigDict, SettingsError
from pydantic_settings import PydanticBaseSettingsSource as Source

from libs.chassis.connection_settings import ConnectionSettings
from libs.chassis.production import WAYS_AROUND, Danger, WayAround, connection_dangers, read_ways_around, refused, weak_key
from libs.chassis.secret_files import secrets_folder, wrong_secret_files
from libs.chassis.stores.artifact_store import checked_url, is_folder
from libs.chassis.weak_secrets import weakness_in

S = TypeVar("S", bound="SharedSettings")
# Not shown because credentials may be in them: those of addresses are looked at where the address is, a collector's are its own to judge.
OTHERS: Final = frozenset({"mongo_url", "redis_url", "artifacts_url", "otel_headers"})
# How the library names what it could not read.
FIELD: Final = re.compile(r'field "(\w+)"')
DURATION: Final = TypeAdapter(timedelta)
PLAIN_NUMBER: Final = re.compile(r"\d+(\.\d+)?")


class SharedSettings(ConnectionSettings):
    """The settings that mean the same in every service. A service subclasses it and sets `env_prefix` for its own fields."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True)
    # Secrets that somebody else makes: the service itself says where a good one is had.
    made_elsewhere: ClassVar[frozenset[str]] = frozenset()
    # A service that opens none is not held to ARTIFACTS_URL: its image has no library of object stores.
    opens_artifacts: ClassVar[bool] = True

    kafka_replication: PositiveInt = Field(
        1,
        validation_alias="KAFKA_REPLICATION",
        description="Copies of each topic that is created; 3 on a cluster of three brokers or more.",
    )
    kafka_retention: Literal["at_least", "exact", "leave"] = Field(
        "at_least",
        validation_alias="KAFKA_RETENTION",
        description="What a start does about topics that are there already: `at_least` keeps records for no shorter than the contracts say"
        " and leaves what is kept longer, `exact` sets what they say, `leave` leaves it to whoever administers the cluster.",
    )
    artifacts_url: str = Field(
        validation_alias="ARTIFACTS_URL",
        repr=False,
        description="Where artifacts lie: a folder, or any fsspec URL such as `s3://bucket/prefix` (see below).",
    )
    namespace: str = Field(
        "",
        validation_alias="NAMESPACE",
        pattern=r"^[a-z0-9][a-z0-9-]{0,31}$|^$",
        description="Put before topics, groups, databases and Redis keys, so that several platforms share one set of servers.",
    )
    instance: str | None = Field(
        None,
        validation_alias="INSTANCE",
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="This process's own name, unique in the fleet. Default: service, host and process id.",
    )
    handler_timeout: timedelta = Field(
        timedelta(minutes=5),
        gt=timedelta(0),
        validation_alias="HANDLER_TIMEOUT",
        description="How long the handling of one event, or the answer to one ask, may take. An event whose handler is ended is tried"
        " again, and after ten minutes set aside.",
    )
    probe_dir: Path | None = Field(
        None,
        validation_alias="PROBE_DIR",
        description="Folder of the files that the exec probes read. Default: one under the temporary folder.",
    )
    log_format: Literal["json", "console"] = Field(
        "json",
        validation_alias="LOG_FORMAT",
        description="`json` for machines, `console` for people.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO",
        validation_alias="LOG_LEVEL",
        description="The least level that is written.",
    )
    otel_sample_ratio: float = Field(
        1.0,
        ge=0,
        le=1,
        validation_alias="OTEL_TRACES_SAMPLER_ARG",
        description="Share of traces that are recorded, when there is a collector.",
    )
    market_data_synthetic: Literal["allow", "never"] = Field(
        default_factory=lambda given: "allow" if given.get("profile") == "development" else "never",
        validation_alias="MARKET_DATA_SYNTHETIC",
        description="Whether generated candles, labelled so, may stand in for missing data. Default: `allow` in development, else `never`.",
    )
    stale_after_bars: NonNegativeInt = Field(
        3,
        validation_alias="STALE_AFTER_BARS",
        description="Data is stale when more bars of its timeframe than these have closed since its newest candle, by its calendar.",
    )
    market_lake: Path | None = Field(
        None,
        validation_alias="MARKET_LAKE",
        description="Folder of the Parquet cache of candles. Default: candles are read from their packages each time.",
    )

    allow_insecure: Annotated[tuple[WayAround, ...], NoDecode] = Field(
        (),
        description="What this service starts with in production although it should not, separated by commas, of "
        + ", ".join(f"`{name}`" for name in WAYS_AROUND)
        + " (docs/guides/production.md).",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Source,
        env_settings: Source,
        dotenv_settings: Source,  # noqa: ARG003  # the library calls it by name
        file_secret_settings: Source,  # noqa: ARG003  # replaced: the folder is named by the environment
    ) -> tuple[Source, ...]:
        """Read the environment, then the files of `SECRETS_DIR` that are called like variables."""
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=secrets_folder(os.environ))

    @field_validator("*", mode="before")
    @classmethod
    def _plain_seconds(cls, given: Any, info: ValidationInfo) -> Any:
        """Read a duration that is a plain number as seconds; pydantic takes text for ISO 8601 only."""
        if cls.model_fields[str(info.field_name)].annotation is not timedelta or not isinstance(given, str):
            return given
        try:
            return float(given) if PLAIN_NUMBER.fullmatch(given) else DURATION.validate_python(given)
        except ValidationError:
            message = "it is a duration: seconds, such as 90, or ISO 8601, such as PT90S"
            raise ValueError(message) from None

    @field_validator("allow_insecure", mode="before")
    @classmethod
    def _read_ways_around(cls, given: object) -> object:
        return read_ways_around(given)

    @field_validator("artifacts_url")
    @classmethod
    def _store_can_be_opened(cls, given: str) -> str:
        """Miss a store's library at the start, not when the first model is to be stored; who opens none needs none."""
        return checked_url(given) if cls.opens_artifacts else given

    def dangers(self) -> Iterator[Danger]:
        """Yield what is not fit for production; a service adds what its own settings leave open."""
        yield from connection_dangers(self)
        fields, variables = type(self).model_fields, variables_of(type(self))
        for name in (name for name, field in fields.items() if not field.repr and name not in OTHERS | self.made_elsewhere):
            if why := weakness_in(getattr(self, name)):
                yield weak_key(variables[name], why)
        if self.synthetic_allowed:
            yield Danger("synthetic", "MARKET_DATA_SYNTHETIC=allow puts generated candles in place of missing ones: take it away")
        # Whether there is another host is seen in Redis (liveness/artifacts_host.py); who allows one is not looked after.
        if "local_artifacts" in self.allow_insecure and self.opens_artifacts and is_folder(self.artifacts_url):
            yield Danger(
                "local_artifacts", "ARTIFACTS_URL is a folder, and nobody looks whether all hosts have the same: s3:// is one for all"
            )

    @property
    def synthetic_allowed(self) -> bool:
        """Whether generated candles may stand in for missing ones."""
        return self.market_data_synthetic == "allow"

    def key(self, *parts: str) -> str:
        """Return a Redis key in this platform's namespace: `[<namespace>:]part:part`."""
        return ":".join((self.namespace, *parts) if self.namespace else parts)


def variable_of(name: str, *, field: FieldInfo, prefix: str) -> str:
    """Return the environment variable that sets this field."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        alias = str(alias.choices[0])
    return alias if isinstance(alias, str) else f"{prefix}{name}".upper()


def variables_of(settings: type[BaseSettings]) -> dict[str, str]:
    """Return the environment variable of every field, by field name."""
    prefix = settings.model_config.get("env_prefix", "")
    return {name: variable_of(name, field=field, prefix=prefix) for name, field in settings.model_fields.items()}


def read_settings(settings: type[S]) -> S:
    """Read the settings from the environment.

    One that is missing, wrong, misspelt or (in production) dangerous is a sentence on stderr, all of them in one line; exit status 2.
    """
    variables, page = variables_of(settings), "docs/configuration.md"
    unread = list(wrong_secret_files(os.environ, variables=variables.values()))
    problems = [*misspelt(settings, given=os.environ), *unread]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Files that are passed over are told as problems.
            read = settings()
    except SettingsError as error:
        # What cannot be read is told already.
        problems += [_no_json(error, variables=variables)] if isinstance(error.__cause__, json.JSONDecodeError) or not unread else []
    except ValidationError as error:
        hidden = {variable for name, variable in variables.items() if not settings.model_fields[name].repr}
        problems += [
            _sentence(detail, variables=variables, hidden=hidden)
            for detail in error.errors(include_url=False)
            if detail["type"] != "default_factory_not_called"  # follows from another problem, which is reported
        ]
    else:
        dangers = refused(read.dangers(), allowed=read.allow_insecure) if read.profile == "production" else []
        if not problems and not dangers:
            return read
        if dangers:
            names = ",".join(dict.fromkeys((*read.allow_insecure, *(danger.name for danger in dangers))))
            problems += [danger.sentence for danger in dangers]
            page = f"docs/guides/production.md; what cannot be otherwise is allowed by {variables_of(settings)['allow_insecure']}={names}"
    sys.stderr.write(f"Cannot start: {'; '.join(problems)}. See {page}.\n")
    raise SystemExit(2)


def misspelt(settings: type[BaseSettings], *, given: Iterable[str]) -> Iterable[str]:
    """Yield a sentence for each variable that carries the service's prefix, is not known and looks like one that is."""
    prefix = settings.model_config.get("env_prefix", "")
    known = set(variables_of(settings).values())
    if not prefix:
        return
    for name in sorted(set(given)):
        # Near misses only: Kubernetes itself sets variables such as GATEWAY_SERVICE_HOST.
        if name.startswith(prefix) and name not in known and (near := get_close_matches(name, known, n=1, cutoff=0.85)):
            yield f"{name} is not a setting (did you mean {near[0]}?)"


def _no_json(error: SettingsError, *, variables: Mapping[str, str]) -> str:
    """Return which variable cannot be read as JSON; its value may be a secret and is not shown."""
    field, cause = FIELD.search(str(error)), error.__cause__
    named = variables.get(field[1], field[1]) if field else "a setting"
    if not isinstance(cause, json.JSONDecodeError):
        return f"{named} cannot be read: {type(cause or error).__name__}"
    return f"{named} is no JSON: {cause.msg} at character {cause.pos + 1}"


def _sentence(detail: ErrorDetails, *, variables: dict[str, str], hidden: set[str]) -> str:
    place = [str(part) for part in detail["loc"]]
    message = detail["msg"].removeprefix("Value error, ")
    if not place:
        return message  # About several settings together: it names them, and they are not shown, as secrets are among them.
    variable = variables.get(place[0], place[0])
    if detail["type"] == "missing":
        return f"{'.'.join([variable, *place[1:]])} is missing"
    # What holds other values could hold a secret.
    is_shown = variable not in hidden and isinstance(detail["input"], str | int | float)
    shown = f" (given: {str(detail['input'])[:60]!r})" if is_shown else ""
    # A sentence that begins with the name of a setting keeps it.
    begin = message[:1] if message[1:2].isupper() else message[:1].lower()
    return f"{'.'.join([variable, *place[1:]])}: {begin}{message[1:]}{shown}"
