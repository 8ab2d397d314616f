"""What the registry needs from outside."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.registry import RegistryChanged
from libs.contracts.texts import TextManifest
from services.gateway.domain.models.model import Model
from services.gateway.domain.registry.history import Refusal
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.reference import Reference
from services.gateway.domain.registry.version import RegisteredVersion, Status

ArchiveForm = Literal["zip", "tar"]


@dataclass(frozen=True, slots=True)
class VersionFilter:
    """Which versions of an account's names; what is None takes all. `kind` is that of their models."""

    account_id: str
    name: str | None = None
    status: Status | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version in a list, and its name as far as it is needed for that: with this version and the one in production alone."""

    name: RegisteredName
    number: int

    @property
    def version(self) -> RegisteredVersion:
        """The version itself."""
        return self.name.numbered(self.number)


class Registry(Protocol):
    """The names of all accounts. A name is one document: of two changes at once one is first, and one version is in production at most."""

    async def get(self, name: str, *, account_id: str) -> RegisteredName:
        """Return an account's name. Raise NameNotFoundError with the nearest that there is."""

    async def referred(self, reference: Reference, *, account_id: str) -> RegisteredVersion:
        """Return the version that a reference names, without reading what has become of its name.

        Raise what `get` and `RegisteredName.referred` do.
        """

    async def of_model(self, model_id: str) -> RegisteredName | None:
        """Return the name that a model is registered under; None where there is none."""

    async def find(self, account_id: str, part: Part, *, search: str | None = None) -> Page[RegisteredName]:
        """Return a part of an account's names that have versions, by the alphabet; what is of a version alone is left out.

        `search`: those with this in them, whatever the case.
        """

    async def versions(self, wanted: VersionFilter, part: Part) -> Page[ListedVersion]:
        """Return a part of the versions, by the alphabet of their names and the newest of each first; without their history."""

    async def pending(self, part: Part) -> Page[RegisteredName]:
        """Return a part of the names, of all accounts, with a version that waits for an admin; the one that waits longest first."""

    async def add(self, name: RegisteredName, event: RegistryChanged, *, most: int) -> None:
        """Keep a new name. Raise RegistryChangedError for one that there is, RegisteredElsewhereError, or RegistryFullError."""

    async def save(self, name: RegisteredName, event: RegistryChanged) -> None:
        """Write a name and what tells of it, in one write. Raise RegistryChangedError for a lost race, or RegisteredElsewhereError."""

    async def refused(self, name: RegisteredName, refusal: Refusal) -> None:
        """Keep a refused promotion with its name, the newest of them; the name is otherwise as it was, and nothing is told."""

    async def forget(self, account_id: str) -> None:
        """Remove an account's names."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A model's folder as one file; its bytes are the same each time."""

    sha256: str
    size: int


class ModelArchives(Protocol):
    """The folders of registered models of texts, as their manifests name their files, in the artifact store."""

    async def manifest(self, version: RegisteredVersion) -> TextManifest:
        """Return what a version's manifest says. Raise UnavailableError or ArtifactMissingError."""

    async def manifest_of(self, artifact: str) -> TextManifest:
        """Return the manifest of this hash. Raise as `manifest`."""

    async def measure(self, version: RegisteredVersion, folder: str, form: ArchiveForm) -> Archive:
        """Return what an archive will be, in which the files lie in a folder of this name. Raise as `manifest`."""

    def read(self, version: RegisteredVersion, folder: str, form: ArchiveForm) -> AsyncIterator[bytes]:
        """Yield an archive piece by piece; with the files comes SHA256SUMS, which `sha256sum -c` reads. Raise as `manifest`."""


class Promotions(Protocol):
    """What the registry has to say to the stages of a model's versions, whichever face gives them."""

    async def check(self, model: Model, version: str, *, by: str | None = None) -> None:
        """Raise PromotionRefusedError or ApprovalNeededError for a registered version that may not go into production.

        That this account wanted it there is kept.
        """

    async def follow(self, model: Model, version: str, *, by: str | None = None) -> None:
        """Give a model's registered versions the status of their stages, of which this version was given one just now, by this account."""
