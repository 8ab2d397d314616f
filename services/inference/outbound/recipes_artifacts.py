"""What a version was made of, read from its manifest in the artifact store."""

import asyncio

import orjson

from libs.chassis.stores.artifacts import Artifacts
from services.inference.domain.errors import ModelUnreadableError
from services.inference.domain.performance import Recipe


class RecipesArtifacts:
    """Implements the port Recipes."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def get(self, artifact: str) -> Recipe:
        """Return a recipe. Raise ArtifactMissingError or ModelUnreadableError."""
        return await asyncio.to_thread(self._read, artifact)

    def _read(self, artifact: str) -> Recipe:
        data = self._artifacts.get(artifact)
        try:
            manifest = orjson.loads(data)
            config = manifest["training_config"]
            return Recipe(
                symbols=tuple(config["symbols"]),
                timeframe=manifest["timeframe"],
                features=tuple(manifest["features"]),
                given_costs={name: config.get(name) for name in ("commission", "slippage", "borrow_rate")},
                synthetic=bool(manifest["synthetic"]),
                live=tuple(manifest.get("live", ())),
            )
        except (KeyError, TypeError, ValueError) as error:
            msg = f"the manifest {artifact} does not say what its model was made of: {type(error).__name__}"
            raise ModelUnreadableError(msg) from error
