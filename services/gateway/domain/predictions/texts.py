"""Which version of a model of texts is meant, and what a prediction needs to know of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.gateway import Stage
from libs.contracts.ids import is_id
from libs.contracts.names import did_you_mean
from libs.contracts.text_predictions import CHARACTERS_MOST, EXPLAINED_MOST, TEXTS_MOST, TOGETHER_MOST
from libs.contracts.texts import TextSpec
from services.gateway.domain.models.errors import VersionNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.version import ModelVersion, foremost
from services.gateway.domain.registry.reference import SCHEME, STAGE_WORDS, stage_of
from services.gateway.domain.registry.version import STAGES

RUNS: Final = "runs:/"
NAMES: Final = (
    "A model is named by its name in the registry (`name`, `name@alias`, `name@3`, `models:/name/Production`), by the run that made it "
    "(`job_…`, `runs:/job_…`), by its id or by its experiment."
)
NOT_BOTH: Final = "Give a version or a stage, not both."
SAID_ALREADY: Final = "The model's address says already which version is meant: leave this out."


class TextModelNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such model of texts, or it is somebody else's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no model of texts '{name[:80]}'. {NAMES}")


@dataclass(frozen=True, slots=True)
class TextReference:
    """A model as a caller names it, and which of its versions: a number, a stage, or neither for the one that serves."""

    model: str
    version: str | None = None
    stage: str | None = None

    @property
    def run(self) -> str | None:
        """The job that made what is meant; None where it is named otherwise."""
        job_id = self.model.removeprefix(RUNS).partition("/")[0]
        return job_id if self.model.startswith(RUNS) or is_id(job_id, prefix="job") else None

    @property
    def is_model_id(self) -> bool:
        """Whether it names a model by its id."""
        return is_id(self.model, prefix="model")

    @property
    def says_version(self) -> bool:
        """Whether the model's name itself says which version is meant."""
        return self.model.startswith(SCHEME) or "@" in self.model or self.run is not None

    def check(self) -> None:
        """Raise InvalidError for a version that is named twice, and for a stage that there is not."""
        problems: dict[str, list[str]] = {}
        if self.version is not None and self.stage is not None:
            problems["stage"] = [NOT_BOTH]
        elif self.says_version:
            problems = {name: [SAID_ALREADY] for name in ("version", "stage") if getattr(self, name) is not None}
        elif self.stage is not None and stage_of(self.stage) is None:
            near = did_you_mean(self.stage, STAGE_WORDS)
            problems["stage"] = [f"'{self.stage[:40]}' is none of {', '.join(STAGE_WORDS)}.{near}"]
        if problems:
            message = "This names no version of a model: see the details."
            raise InvalidError(message, details=problems)

    @property
    def address(self) -> str:
        """The reference as the registry has it: `name@3`, `models:/name/Production`."""
        if self.stage is not None:
            return f"{SCHEME}{self.model}/{self.stage}"
        return self.model if self.version is None else f"{self.model}@{self.version}"

    def version_of(self, model: Model) -> ModelVersion:
        """Return the version of a model that is meant. Raise VersionNotFoundError or ModelNotTrainedError."""
        if self.version is not None:
            return model.version_named(self.version)
        if self.stage is None:
            return model.serving
        status = stage_of(self.stage)
        found = foremost([each for each in model.versions if status and each.stage is STAGES[status]])
        if found is None:
            raise VersionNotFoundError(self.stage, known=())
        return found


@dataclass(frozen=True, slots=True)
class TextServable:
    """A version of a model of texts that answers; `name` is its experiment's."""

    model_id: str
    name: str
    version: str
    artifact: str
    stage: Stage


def servable_text(model: Model, version: ModelVersion) -> TextServable:
    """Return what a prediction needs to know. Raise VersionNotFoundError for a model that does not read texts."""
    if not isinstance(version.spec, TextSpec):
        raise VersionNotFoundError(version.name, known=())
    return TextServable(model.id, model.slug or model.name, version.name, version.artifact, version.stage)


def check_texts(texts: list[str], *, explain: bool, field: str = "texts") -> None:
    """Raise InvalidError for texts that are not read together: too many, too long, or empty."""
    if problems := list(_problems(texts, explain=explain)):
        message = "The texts cannot be read: see the details."
        raise InvalidError(message, details={field: problems})


def _problems(texts: list[str], *, explain: bool) -> list[str]:
    if not 1 <= len(texts) <= TEXTS_MOST:
        return [f"Must be 1 to {TEXTS_MOST} texts; these are {len(texts)}: send further ones in further requests, or score a file."]
    problems = []
    if explain and len(texts) > EXPLAINED_MOST:
        problems.append(f"With explain at most {EXPLAINED_MOST} texts; these are {len(texts)}.")
    if empty := _places(texts, lambda text: not text.strip()):
        problems.append(f"Text {empty} is empty.")
    if long := _places(texts, lambda text: len(text) > CHARACTERS_MOST):
        problems.append(f"Text {long} has more than {CHARACTERS_MOST:,} characters.")
    if (total := sum(map(len, texts))) > TOGETHER_MOST:
        problems.append(f"All texts together may have {TOGETHER_MOST:,} characters; these have {total:,}.")
    return problems


def _places(texts: list[str], wrong: Callable[[str], bool]) -> str:
    """Return the numbers of those that are wrong, the first counted 0; empty where none is."""
    found = [str(place) for place, text in enumerate(texts) if wrong(text)]
    return ", ".join(found[:10]) + (" …" if len(found) > 10 else "")  # noqa: PLR2004 - so many tell enough
