"""Show a plot of the version that serves."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.training import Plot
from services.gateway.domain.models.ports import Models, Pictures


@dataclass(frozen=True, slots=True)
class ShownPlot:
    """A plot by the hash of its bytes; they are None when the caller has them."""

    sha256: str
    png: bytes | None


@dataclass(frozen=True, slots=True)
class ShowPlot:
    """The bytes are read only for who does not have them."""

    models: Models
    pictures: Pictures

    async def __call__(self, model_id: str, *, account_id: str, plot: Plot, has: Callable[[str], bool]) -> ShownPlot:
        """Return the plot; `has` tells whether the caller has the bytes with a hash.

        Raise ModelNotFoundError, PlotMissingError, UnavailableError or ArtifactDamagedError.
        """
        model = await self.models.get(model_id, account_id=account_id)
        sha256 = model.plot(plot)
        return ShownPlot(sha256, None if has(sha256) else await self.pictures.get(sha256))
