"""Ask a version of a model of texts for labels: by whatever name a caller knows it."""

from dataclasses import dataclass, field
from typing import TypeAlias

from libs.contracts.text_predictions import ExplainTexts
from libs.contracts.text_predictions import PredictTexts as Ask
from libs.contracts.texts import TEXT
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.errors import ModelNotFoundError, VersionNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models
from services.gateway.domain.predictions.texts import TextModelNotFoundError, TextReference, TextServable, check_texts, servable_text
from services.gateway.domain.registry.errors import NameNotFoundError
from services.gateway.domain.remembered import Remembered
from services.gateway.domain.services import Inference
from services.gateway.usecases.registry.find_registered import FindRegistered

Key: TypeAlias = tuple[str, TextReference]


@dataclass(frozen=True, slots=True)
class FindTextVersion:
    """What is named is remembered for a second, so that whoever asks all the time reads no store."""

    models: Models
    jobs: Jobs
    find: FindRegistered
    remembered: Remembered[Key, TextServable] = field(default_factory=Remembered)

    async def __call__(self, reference: TextReference, *, account_id: str) -> TextServable:
        """Return the version that is meant.

        Raise InvalidError, TextModelNotFoundError, ModelNotFoundError, VersionNotFoundError, ModelNotTrainedError, ModelArchivedError,
        or what the registry raises for a name of its own.
        """
        key = (account_id, reference)
        if (known := self.remembered.get(key)) is not None:
            return known
        reference.check()
        return self.remembered.keep(key, await self._read(reference, account_id=account_id))

    async def _read(self, reference: TextReference, *, account_id: str) -> TextServable:
        if reference.run is not None:
            return await self._of_run(reference.run, account_id=account_id)
        if reference.is_model_id:
            model = await self._model(reference.model, account_id=account_id)
            return servable_text(model, reference.version_of(model))
        try:
            found = await self.find(reference.address, account_id=account_id)
        except NameNotFoundError:
            if reference.says_version:
                raise
            return await self._of_experiment(reference, account_id=account_id)
        model = await self._model(found.model_id, account_id=account_id)
        return servable_text(model, model.version_named(found.model_version))

    async def _of_run(self, job_id: str, *, account_id: str) -> TextServable:
        try:
            job = await self.jobs.get(job_id, account_id=account_id, kind=None)
        except JobNotFoundError as error:
            raise TextModelNotFoundError(job_id) from error
        if job.model_id is None:
            raise TextModelNotFoundError(job_id)
        model = await self._model(job.model_id, account_id=account_id)
        made = next((each for each in model.versions if each.job_id == job_id), None)
        if made is None:
            raise VersionNotFoundError(job_id, known=())
        return servable_text(model, made)

    async def _of_experiment(self, reference: TextReference, *, account_id: str) -> TextServable:
        try:
            model = await self.models.named(reference.model, account_id=account_id, kind=TEXT)
        except ModelNotFoundError as error:
            raise TextModelNotFoundError(reference.model) from error
        model.check_in_use()
        return servable_text(model, reference.version_of(model))

    async def _model(self, model_id: str, *, account_id: str) -> Model:
        model = await self.models.get(model_id, account_id=account_id, kind=TEXT)
        model.check_in_use()
        return model


@dataclass(frozen=True, slots=True)
class PredictTexts:
    """Texts are not kept: who sends them has them."""

    find: FindTextVersion
    inference: Inference

    async def __call__(
        self, reference: TextReference, *, account_id: str, texts: list[str], explain: bool, field: str = "texts"
    ) -> tuple[TextServable, bytes]:
        """Return the version that has answered, and the answer's JSON (`libs.contracts.text_predictions.TextPredictions`).

        Raise what FindTextVersion raises, InvalidError (of the `field`) for texts, AskRefusedError, AskTimeoutError or
        UnavailableError.
        """
        check_texts(texts, explain=explain, field=field)
        servable = await self.find(reference, account_id=account_id)
        ask = (ExplainTexts if explain else Ask).model_construct(
            model_id=servable.model_id,
            account_id=account_id,
            version=servable.version,
            artifact=servable.artifact,
            texts=tuple(texts),
        )
        return servable, await self.inference.predict_texts(ask)
