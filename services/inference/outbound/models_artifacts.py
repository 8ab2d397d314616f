"""Models loaded from the artifact store by content hash; the least recently used leave when there are too many."""

import asyncio
from collections import OrderedDict

from libs.chassis.stores.artifacts import Artifacts
from services.inference.outbound.model_onnx import OnnxModel, load_model


class ModelsArtifacts:
    """Implements the port Models. A model that is wanted by many at once is loaded once."""

    def __init__(self, artifacts: Artifacts, *, most: int, most_bytes: int) -> None:
        self._artifacts, self._most, self._most_bytes = artifacts, most, most_bytes
        self._models: OrderedDict[str, OnnxModel] = OrderedDict()
        self._loading: dict[str, asyncio.Task[OnnxModel]] = {}

    async def get(self, artifact: str) -> OnnxModel:
        """Return a model, loading it if need be. Raise ArtifactMissingError or ModelUnreadableError."""
        if model := self._models.get(artifact):
            self._models.move_to_end(artifact)
            return model
        if artifact not in self._loading:
            self._loading[artifact] = asyncio.create_task(asyncio.to_thread(load_model, self._artifacts, artifact))
            self._loading[artifact].add_done_callback(lambda done: self._keep(artifact, done))
        return await asyncio.shield(self._loading[artifact])

    @property
    def count(self) -> int:
        """How many models are in memory."""
        return len(self._models)

    def _keep(self, artifact: str, done: asyncio.Task[OnnxModel]) -> None:
        del self._loading[artifact]
        if done.cancelled() or done.exception() is not None:
            return  # Whoever waits for it hears the error; the next ask tries again.
        self._models[artifact] = done.result()
        while len(self._models) > 1 and (len(self._models) > self._most or self.size > self._most_bytes):
            self._models.popitem(last=False)

    @property
    def size(self) -> int:
        """Bytes that the models in memory take."""
        return sum(model.size for model in self._models.values())
