"""Models loaded from the artifact store by content hash; the least recently used leave when there are too many."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, TypeVar

from libs.chassis.stores.artifacts import Artifacts
from libs.texts.serving.loading import load_text_model
from libs.texts.serving.model import TextModel, UnservableError
from services.inference.domain.errors import ModelUnreadableError
from services.inference.outbound.model_onnx import OnnxModel, load_model


class Sized(Protocol):
    """What takes memory."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...


M = TypeVar("M", bound=Sized)


class InMemory(Generic[M]):
    """Models of one kind, by the hash of their manifest. A model that is wanted by many at once is loaded once."""

    def __init__(self, load: Callable[[str], M], *, most: int, most_bytes: int) -> None:
        self._load, self._most, self._most_bytes = load, most, most_bytes
        self._models: OrderedDict[str, M] = OrderedDict()
        self._loading: dict[str, asyncio.Task[M]] = {}

    async def get(self, artifact: str) -> M:
        """Return a model, loading it if need be. Raise ArtifactMissingError or ModelUnreadableError."""
        if (model := self._models.get(artifact)) is not None:
            self._models.move_to_end(artifact)
            return model
        if artifact not in self._loading:
            self._loading[artifact] = asyncio.create_task(asyncio.to_thread(self._load, artifact))
            self._loading[artifact].add_done_callback(lambda done: self._keep(artifact, done))
        return await asyncio.shield(self._loading[artifact])

    @property
    def count(self) -> int:
        """How many models are in memory."""
        return len(self._models)

    def _keep(self, artifact: str, done: asyncio.Task[M]) -> None:
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


class ModelsArtifacts(InMemory[OnnxModel]):
    """Implements the port Models."""

    def __init__(self, artifacts: Artifacts, *, most: int, most_bytes: int) -> None:
        super().__init__(partial(load_model, artifacts), most=most, most_bytes=most_bytes)


class TextModelsArtifacts(InMemory[TextModel]):
    """Implements the port TextModels; with `int8` in that form where it answers alike."""

    def __init__(self, artifacts: Artifacts, *, most: int, most_bytes: int, int8: bool) -> None:
        super().__init__(partial(_load_text_model, artifacts, int8=int8), most=most, most_bytes=most_bytes)


def _load_text_model(artifacts: Artifacts, artifact: str, *, int8: bool) -> TextModel:
    """Read a model of texts. Raise ArtifactMissingError or ModelUnreadableError."""
    try:
        return load_text_model(artifacts, artifact, int8=int8)
    except UnservableError as error:
        raise ModelUnreadableError(str(error)) from error
