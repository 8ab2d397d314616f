"""What a prediction needs to know of a model, remembered for a moment so that the hot path reads no store."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from libs.contracts.training_config import HorizonIn
from libs.market.age import without_live_source
from libs.market.own import OwnCatalogue
from libs.quant.targets import parse_target
from services.gateway.domain.models.errors import ModelExpiredError, VersionNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.remembered import LAST_KNOWN_LIFE_S, LIFE_S, Remembered

__all__ = ["FOLLOWING", "LAST_KNOWN_LIFE_S", "Servable", "Servables"]

Key: TypeAlias = tuple[str, str | None]
HORIZON: Final = 5
"""Bars that a target looks ahead where its configuration does not say (`CheckedConfig.horizon`)."""
FOLLOWING: Final = "*"
"""No version's name: the one that answers those subscribers who stay on none."""


@dataclass(frozen=True, slots=True)
class Servable:
    """A version of a model that answers."""

    model_id: str
    account_id: str
    version: str
    artifact: str
    features: tuple[str, ...]
    symbols: tuple[str, ...]  # those it was trained on
    packaged: frozenset[str]  # those of them whose candles came with the platform
    timeframe: str
    target: str
    horizon: int  # bars that the target looks ahead
    horizon_in: HorizonIn | None  # `sessions` where its days or weeks are counted in such; else candles
    synthetic: str | None
    archived: bool
    static_data: bool  # whether a symbol that it was trained on has no live source
    made_at: datetime
    expires_at: datetime | None

    @property
    def ahead(self) -> timedelta | None:
        """How far ahead by the clock its sessions are; None for one that counts candles."""
        seconds = parse_target(self.target).ahead_s if self.horizon_in == "sessions" else None
        return None if seconds is None else timedelta(seconds=seconds)

    def candles(self, own: OwnCatalogue) -> OwnCatalogue:
        """Return those of a caller's `own` candles that the version may answer from.

        A live series that has come since does not stand in for a packaged symbol that it was trained on: its prices may be others.
        """
        return own.without_live(self.packaged)

    def check_lasting(self, *, at: datetime, own: bool) -> None:
        """Raise ModelExpiredError for a version that has expired; `own` says whether who asks can train the model again."""
        if self.expires_at is not None and self.expires_at <= at:
            raise ModelExpiredError(self.version, expired_at=self.expires_at, own=own)


class Servables:
    """The version of each model that serves, its owner and its subscribers, and those versions that subscribers stay on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: Remembered[Key, Servable] = Remembered(clock)
        # Counts what was forgotten: what was read before that may be what it is no more.
        self.generation = 0

    def get(self, model_id: str, *, version: str | None = None, life_s: float = LIFE_S) -> Servable | None:
        """Return what is remembered and not older than this, of the version that serves its owner unless another is meant (`keep`)."""
        return self._known.get((model_id, version), life_s=life_s)

    def is_fresh(self, model_id: str, *, version: str | None = None) -> bool:
        """Tell whether what is remembered need not be read anew yet."""
        return self._known.is_fresh((model_id, version))

    def keep(self, model: Model, *, version: str | None = None, generation: int) -> Servable:
        """Return a model's version; remember it, if its reading began in this generation.

        It is the one that serves its owner, for `FOLLOWING` the one that serves subscribers, else the one that a subscriber stays on.
        Raise ModelNotTrainedError or VersionNotFoundError.
        """
        servable = servable_of(model, _version_of(model, version))
        return self._known.keep((model.id, version), servable) if generation == self.generation else servable

    def forget(self, model_id: str) -> None:
        """Another version serves now, or the model is archived or restored. A version that is named stays what it is."""
        self.generation += 1
        self._known.forget((model_id, None))
        self._known.forget((model_id, FOLLOWING))


def servable_of(model: Model, version: ModelVersion) -> Servable:
    """Return what a prediction needs to know of a version."""
    config = version.market.training_config
    return Servable(
        model_id=model.id,
        account_id=model.account_id,
        version=version.name,
        artifact=version.artifact,
        features=version.market.features,
        symbols=tuple(config["symbols"]),
        packaged=frozenset(config["symbols"]) - {each.symbol for each in version.market.own},
        timeframe=config.get("timeframe", "1d"),
        target=version.market.target_variable,
        horizon=int(config.get("horizon", HORIZON)),
        horizon_in=config.get("horizon_in"),
        synthetic=config.get("synthetic"),
        archived=model.is_archived,
        static_data=bool(without_live_source(config["symbols"], own=version.market.own)),
        made_at=version.made_at,
        expires_at=version.expires_at,
    )


def _version_of(model: Model, name: str | None) -> ModelVersion:
    if name is None:
        return model.serving
    if name == FOLLOWING:
        return model.serving_subscribers
    for version in model.public:
        if version.name == name:
            return version
    raise VersionNotFoundError(name, known=())  # The model is somebody else's: what else it has is the seller's.
