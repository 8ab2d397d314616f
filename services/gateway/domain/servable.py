"""What a prediction needs to know of a model, remembered for a moment so that the hot path reads no store."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.gateway.domain.model import Model

REMEMBERED: Final = 10_000
LIFE_S: Final = 1.0
# From here on it is read anew ahead of time, so that a model that is asked all the time never makes a request wait.
FRESH_S: Final = 0.5
# While the store is away: what served a minute ago still may, as a version is replaced by a newer one and never taken away.
LAST_KNOWN_LIFE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Servable:
    """The version of a model that answers."""

    model_id: str
    account_id: str
    version: str
    artifact: str
    features: tuple[str, ...]
    symbols: tuple[str, ...]  # those it was trained on
    timeframe: str
    synthetic: str | None


class Servables:
    """At most `REMEMBERED` of them, each for a second: another gateway's news shows within it, this one's own at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Servable]] = OrderedDict()

    def get(self, model_id: str, *, life_s: float = LIFE_S) -> Servable | None:
        """Return what is remembered and not older than this."""
        known = self._known.get(model_id)
        return known[1] if known and self._clock() - known[0] < life_s else None

    def is_fresh(self, model_id: str) -> bool:
        """Tell whether what is remembered need not be read anew yet."""
        return self.get(model_id, life_s=FRESH_S) is not None

    def keep(self, model: Model) -> Servable:
        """Remember a model's serving version. Raise ModelNotTrainedError when there is none."""
        serving = model.serving
        config = serving.spec.training_config
        servable = Servable(
            model_id=model.id,
            account_id=model.account_id,
            version=serving.name,
            artifact=serving.artifact,
            features=serving.spec.features,
            symbols=tuple(config["symbols"]),
            timeframe=config.get("timeframe", "1d"),
            synthetic=config.get("synthetic"),
        )
        self._known[model.id] = (self._clock(), servable)
        self._known.move_to_end(model.id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return servable

    def forget(self, model_id: str) -> None:
        """Something changed."""
        self._known.pop(model_id, None)
