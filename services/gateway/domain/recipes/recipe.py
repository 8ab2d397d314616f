"""A recipe: its level, its life, and its versions, each of which is as it was made for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from libs.contracts.envelope import JsonObject
from libs.contracts.recipes import LEVELS, Family, Level, RecipeChanged, RecipeStatus
from services.gateway.domain.recipes.errors import VERSIONS_MOST, PlatformRecipeError, RecipeRefusedError, TooManyRecipeVersionsError

FIRST: Final = "1.0.0"
MOVES: Final[Mapping[RecipeStatus, tuple[RecipeStatus, ...]]] = {
    "draft": ("approved", "archived"),
    "approved": ("archived",),
    "archived": (),
}
"""What a recipe may become. What was archived comes back as a clone."""
PARENTS: Final[Mapping[Level, tuple[Level, ...]]] = {"baseline": (), "industry": ("baseline",), "client": ("industry", "baseline")}
"""From which levels a recipe inherits; a clone inherits from its source, whatever its level."""
ANCESTORS_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class VersionRef:
    """One version of one recipe."""

    recipe_id: str
    version_id: str
    number: str


@dataclass(frozen=True, slots=True)
class RecipeVersion:
    """What a recipe was at a time.

    `manifest` is what was sent: a patch of what its parent had, or of its family's defaults; `resolved` is what comes of that, and decides
    what a run does. `ancestors` are the versions that it inherits from, the nearest last. `diff` is how `resolved` differs from the version
    before; None of the first.
    """

    ref: VersionRef
    manifest: JsonObject
    resolved: JsonObject
    ancestors: tuple[VersionRef, ...]
    diff: tuple[JsonObject, ...] | None
    created_by: str
    created_at: datetime
    change_note: str

    @property
    def parent_version_id(self) -> str | None:
        """The version that it inherits from; None where it stands by itself."""
        return self.ancestors[-1].version_id if self.ancestors else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe as it is now, without its versions but for the names of two. `account_id` None: the platform's own.

    `approved` is the version that was approved last: one that is added later is the newest, and nobody's approval is of it.
    """

    id: str
    account_id: str | None
    name: str
    family: Family
    level: Level
    status: RecipeStatus
    parent_id: str | None
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    newest: VersionRef
    approved_at: datetime | None = None
    approved: VersionRef | None = None
    versions: int = 1
    sequence: int = 1
    revision: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of it, in sentences: that it is approved, and its newest version is not the one that was."""
        if self.status != "approved" or self.approved == self.newest:
            return ()
        was = f"version {self.approved.number} was" if self.approved else "nobody kept which version was"
        return (f"Its newest version, {self.newest.number}, has not been approved: {was}.",)

    def check_own(self) -> None:
        """Raise PlatformRecipeError for what is nobody's to change."""
        if self.account_id is None:
            raise PlatformRecipeError(self.id)

    def changed(self, *, name: str | None, tags: Sequence[str] | None, status: RecipeStatus | None, at: datetime) -> "Recipe":
        """Return it with another name, tags or status; what is None stays. Raise RecipeRefusedError for a status that cannot follow.

        What is approved again is approved as it is now: the newest version takes the place of the one that was.
        """
        wanted = status or self.status
        if wanted != self.status and wanted not in MOVES[self.status]:
            may = (
                f"it may become {' or '.join(MOVES[self.status])}" if MOVES[self.status] else "it stays so: clone it, and approve the clone"
            )
            raise RecipeRefusedError(field="status", problem=f"the recipe is {self.status}, and cannot become {wanted}; {may}.")
        after = replace(self, name=self.name if name is None else name, tags=self.tags if tags is None else tuple(tags), status=wanted)
        if status == "approved" and self.approved != self.newest:
            after = replace(after, approved=self.newest, approved_at=at)
        return self if after == self else replace(after, updated_at=at, sequence=self.sequence + 1)

    def with_version(self, version: RecipeVersion) -> "Recipe":
        """Return it with one more version. Raise RecipeRefusedError for an archived one, TooManyRecipeVersionsError."""
        if self.status == "archived":
            raise RecipeRefusedError(field="recipe_id", problem="the recipe is archived, and gets no more versions: clone it.")
        if self.versions >= VERSIONS_MOST:
            raise TooManyRecipeVersionsError
        return replace(self, newest=version.ref, versions=self.versions + 1, updated_at=version.created_at, sequence=self.sequence + 1)

    def check_parent(self, parent: "Recipe") -> None:
        """Raise RecipeRefusedError unless it may inherit from another recipe."""
        if parent.family != self.family:
            raise RecipeRefusedError(
                field="parent_id", problem=f"{parent.id} is a recipe of {parent.family}, and this one of {self.family}."
            )
        if parent.level not in PARENTS[self.level]:
            may = f"inherits from {' or '.join(PARENTS[self.level])}" if PARENTS[self.level] else "inherits from none"
            raise RecipeRefusedError(
                field="parent_id", problem=f"{parent.id} is of level {parent.level}; a recipe of level {self.level} {may}."
            )
        if parent.status == "archived":
            raise RecipeRefusedError(field="parent_id", problem=f"{parent.id} is archived: nothing new inherits from it.")

    def check_rests_on(self, parent: "Recipe") -> None:
        """Raise RecipeRefusedError where what it inherits from was never approved. A clone has all of its source, and rests on itself."""
        if parent.status == "approved" or parent.approved_at is not None or LEVELS.index(parent.level) >= LEVELS.index(self.level):
            return
        what = "is a draft: approve that first." if parent.status == "draft" else "was archived as a draft: clone it."
        raise RecipeRefusedError(field="status", problem=f"{parent.id}, which it inherits from, {what}")


def next_number(number: str) -> str:
    """Return the semantic number after another one: minor plus one, as runs of the old version stay what they were."""
    major, minor, _ = number.split(".")
    return f"{major}.{int(minor) + 1}.0"


def told(recipe: Recipe, change: str) -> RecipeChanged:
    """Return the event that tells of a change."""
    assert recipe.account_id is not None
    return RecipeChanged(
        sequence=recipe.sequence,
        recipe_id=recipe.id,
        account_id=recipe.account_id,
        change=change,
        name=recipe.name,
        model_family=recipe.family,
        level=recipe.level,
        status=recipe.status,
        parent_id=recipe.parent_id,
        tags=recipe.tags,
        version_id=recipe.newest.version_id,
        version_number=recipe.newest.number,
    )
