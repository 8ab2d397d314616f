"""A name in the registry: its numbered versions, which of them is in production, its aliases and its gate."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.gateway import Stage
from libs.contracts.names import listed
from services.gateway.domain.models.version import check_alias
from services.gateway.domain.registry.errors import (
    AliasNotFoundError,
    InUseError,
    NotInProductionError,
    NotInStatusError,
    NotPendingError,
    OtherKindError,
    RegisteredAlreadyError,
    RegisteredVersionNotFoundError,
    RegistryFullError,
)
from services.gateway.domain.registry.gate import OPEN, Finding, Gate
from services.gateway.domain.registry.history import SILENT, Note, Refusal, Transition, with_note, with_transition
from services.gateway.domain.registry.reference import Reference
from services.gateway.domain.registry.version import NEEDED, Approval, Decision, RegisteredVersion, Status

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
NAME_MOST: Final = 100
NAME_RULE: Final = "Must be 1 to 100 letters, digits, '.', '-' and '_', the first a letter or digit: 'TFT-AAPL-Predictor'."
# One document holds them all, so that one version is in production at most: it stays well below MongoDB's 16 MB.
VERSIONS_MOST: Final = 500
ALIASES_MOST: Final = 50
# So many turns in production are kept to go back to.
TURNS_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class RegisteredName:
    """A name of an account. `turns` are the numbers that have been in production, in their order, each once, the newest last.

    `issued` is the highest number that was ever given, as none is given twice. `version` guards against lost updates; `sequence` numbers
    its events. `refusals` are kept beside all that, as nothing is changed by them.
    """

    id: str
    account_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    versions: tuple[RegisteredVersion, ...] = ()
    aliases: Mapping[str, int] = field(default_factory=dict)
    gate: Gate = OPEN
    turns: tuple[int, ...] = ()
    history: tuple[Transition, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    issued: int = 0
    sequence: int = 0
    version: int = 0

    @property
    def newest(self) -> int:
        """The highest number that there is; 0 where there is none."""
        return self.versions[-1].number if self.versions else 0

    @property
    def next_number(self) -> int:
        """The number of the next version: what was deleted leaves its own free for nobody."""
        return max(self.newest, self.issued) + 1

    @property
    def production(self) -> RegisteredVersion | None:
        """The version in production; None where none is."""
        return next((each for each in self.versions if each.status is Status.PRODUCTION), None)

    @property
    def production_number(self) -> int | None:
        """The number in production; None where none is."""
        return None if self.production is None else self.production.number

    def numbered(self, number: int) -> RegisteredVersion:
        """Return a version by its number. Raise RegisteredVersionNotFoundError."""
        found = next((each for each in self.versions if each.number == number), None)
        if found is None:
            raise RegisteredVersionNotFoundError(self.name, number, newest=self.newest)
        return found

    def found(self, wanted: str | None) -> RegisteredVersion:
        """Return a version by its number or an alias; the one in production for None.

        Raise NotInProductionError, RegisteredVersionNotFoundError or AliasNotFoundError.
        """
        if wanted is None:
            if (production := self.production) is None:
                raise NotInProductionError(self.name)
            return production
        if wanted.isascii() and wanted.isdigit():
            return self.numbered(int(wanted[:10]))
        if wanted not in self.aliases:
            raise AliasNotFoundError(self.name, wanted, known=self.aliases)
        return self.numbered(self.aliases[wanted])

    def referred(self, reference: Reference) -> RegisteredVersion:
        """Return the version that a reference names. Raise as `found`, or NotInStatusError for a status that no version has."""
        if reference.newest:
            return self.numbered(self.newest)
        if reference.status is None or reference.status is Status.PRODUCTION:
            return self.found(reference.wanted)
        if (newest := next((each for each in reversed(self.versions) if each.status is reference.status), None)) is None:
            raise NotInStatusError(self.name, reference.status.value)
        return newest

    def history_of(self, number: int) -> list[Transition]:
        """Return what has become of a version, the newest change first. Raise RegisteredVersionNotFoundError."""
        self.numbered(number)
        return [each for each in reversed(self.history) if each.number == number]

    def refusals_of(self, number: int) -> list[Refusal]:
        """Return the promotions of a version that were refused, the newest first, also those from before it had its number.

        Raise RegisteredVersionNotFoundError.
        """
        own = self.numbered(number)
        before = (None, own.model_id, own.model_version)
        return [
            each for each in reversed(self.refusals) if each.number == number or (each.number, each.model_id, each.model_version) == before
        ]

    def of_model(self, model_id: str, model_version: str) -> RegisteredVersion | None:
        """Return the number that stands for a version of a model; None where none does."""
        return next((each for each in self.versions if (each.model_id, each.model_version) == (model_id, model_version)), None)

    def findings(self, number: int) -> tuple[Finding, ...]:
        """Return how a version stands to the gate now; the one in production is measured against no other."""
        own, production = self.numbered(number), self.production
        against = None if production is None or production.number == number else production.metrics
        return tuple(self.gate.judged(own.metrics, against))

    def needed_of(self, model_id: str) -> frozenset[str]:
        """Return the versions of a model that must stay: those that are not archived, have an alias, or may serve again by a rollback."""
        back = set(self.turns[-2:]) | set(self.aliases.values())
        return frozenset(
            each.model_version for each in self.versions if each.model_id == model_id and (each.status in NEEDED or each.number in back)
        )

    def registered(self, new: RegisteredVersion, *, note: Note = SILENT) -> "RegisteredName":
        """Return the name with one more version. Raise RegisteredAlreadyError, RegistryFullError, or OtherKindError."""
        if known := self.of_model(new.model_id, new.model_version):
            raise RegisteredAlreadyError(self.name, known.number)
        if len(self.versions) >= VERSIONS_MOST:
            raise RegistryFullError(VERSIONS_MOST, f"versions of '{self.name}'")
        if self.versions and self.versions[0].kind != new.kind:
            raise OtherKindError(self.name, self.versions[0].kind)
        made = Transition(new.number, new.created_at, None, new.status, note.by, note.comment)
        history = with_transition(self.history, made)
        return self._changed(new.created_at, versions=(*self.versions, new), history=history, issued=new.number)

    def removed(self, number: int, *, at: datetime) -> "RegisteredName":
        """Return the name without a version. Raise RegisteredVersionNotFoundError, or InUseError while something answers by it."""
        if self.numbered(number).status is Status.PRODUCTION:
            raise InUseError(self.name, number, "is in production: put another version there, or archive it, first.")
        if pointing := sorted(alias for alias, of in self.aliases.items() if of == number):
            raise InUseError(self.name, number, f"is what {listed(pointing)} points to: point it elsewhere, or remove it, first.")
        return self._changed(
            at,
            versions=tuple(each for each in self.versions if each.number != number),
            turns=tuple(each for each in self.turns if each != number),
            history=tuple(each for each in self.history if each.number != number),
            issued=max(self.newest, self.issued),
        )

    def described(self, number: int, *, description: str | None, tags: Collection[str] | None, at: datetime) -> "RegisteredName":
        """Return the name with another description and tags of a version; None leaves either as it is."""
        known = self.numbered(number)
        told = known.description if description is None else description
        return self._with(replace(known, description=told, tags=known.tags if tags is None else tuple(dict.fromkeys(tags))), at=at)

    def moved(
        self, number: int, status: Status, *, at: datetime, note: Note = SILENT, displaced: Status = Status.ARCHIVED
    ) -> "RegisteredName":
        """Return the name with a version in this status. The same twice changes nothing.

        What was in production before has the status `displaced`. A version that waited for an admin does so no longer.
        """
        known, current = self.numbered(number), self.production
        if known.status is status:
            history = with_note(self.history, number, status, note)
            return self if history == self.history else self._changed(at, history=history)
        # What was asked for as long as it stood elsewhere is asked for no more.
        changed = {number: replace(known.unasked(), status=status, updated_at=at)}
        history = with_transition(self.history, Transition(number, at, known.status, status, note.by, note.comment))
        turns = self.turns
        if status is Status.PRODUCTION:
            turns = (*(each for each in turns if each != number), number)[-TURNS_MOST:]
            if current is not None:
                changed[current.number] = replace(current, status=displaced, updated_at=at)
                why = f"Version {number} took its place."
                history = with_transition(history, Transition(current.number, at, Status.PRODUCTION, displaced, note.by, why))
        versions = tuple(changed.get(each.number, each) for each in self.versions)
        return self._changed(at, versions=versions, turns=turns, history=history)

    def rolled_back(self, to: int, *, at: datetime, note: Note = SILENT) -> "RegisteredName":
        """Return the name with an earlier version in production again; those that came after it are no longer gone back to."""
        turns = self.turns[: self.turns.index(to) + 1]
        return replace(self.moved(to, Status.PRODUCTION, at=at, note=note), turns=turns)

    def before(self) -> tuple[RegisteredVersion, ...]:
        """Return the versions that were in production before the one that is, the latest first."""
        now = self.production
        earlier = self.turns[: self.turns.index(now.number)] if now is not None and now.number in self.turns else self.turns
        return tuple(self.numbered(each) for each in reversed(earlier))

    def is_behind(self, model_id: str, *, told_at: datetime) -> bool:
        """Tell whether a model's stages, told of at this moment, may still have to be followed: nothing of it was changed here since."""
        if not self.history:
            return self.updated_at < told_at
        production = Status.PRODUCTION
        since = [each for each in self.history if each.at >= told_at]
        own = {each.number for each in self.versions if each.model_id == model_id}
        return not any(each.number in own or production in {each.was, each.now} for each in since)

    def aligned(self, model_id: str, stage_of: Callable[[str], Stage | None], *, at: datetime, note: Note = SILENT) -> "RegisteredName":
        """Return the name after the stages of a model's versions, None for one that can serve no more; promotions apart (`moved`)."""
        name = self
        for each in self.versions:
            if each.model_id == model_id:
                name = name.moved(each.number, each.aligned(stage_of(each.model_version)), at=at, note=note)
        return name

    def asked(self, number: int, *, at: datetime) -> "RegisteredName":
        """Return the name with a version that waits for an admin; asked twice is once."""
        known = self.numbered(number)
        return self if known.is_pending else self._with(replace(known, approval=Approval(Decision.PENDING, at)), at=at)

    def withdrawn(self, number: int, *, at: datetime) -> "RegisteredName":
        """Return the name with a version that waits for nobody."""
        return self._with(self.numbered(number).unasked(), at=at)

    def decided(self, number: int, decision: Decision, *, note: str, at: datetime) -> "RegisteredName":
        """Return the name with what an admin has said. Raise NotPendingError."""
        known = self.numbered(number)
        if known.approval is None or not known.is_pending:
            raise NotPendingError(self.name, number)
        return self._with(replace(known, approval=replace(known.approval, decision=decision, decided_at=at, note=note)), at=at)

    def gated(self, gate: Gate, *, at: datetime) -> "RegisteredName":
        """Return the name with this gate; what is in production stays there. Where no admin is asked nothing waits for one."""
        if gate == self.gate:
            return self
        versions = self.versions if gate.approval == "admin" else tuple(each.unasked() for each in self.versions)
        return self._changed(at, gate=gate, versions=versions)

    def aliased(self, alias: str, number: int | None, *, at: datetime) -> "RegisteredName":
        """Return the name with an alias of a version, or without it for None. Raise AliasNotFoundError, InvalidError, RegistryFullError."""
        if number is None:
            if alias not in self.aliases:
                raise AliasNotFoundError(self.name, alias, known=self.aliases)
            return self._changed(at, aliases={each: of for each, of in self.aliases.items() if each != alias})
        try:
            check_alias(alias)
        except ValueError as error:
            message = "This cannot be an alias."
            raise InvalidError(message, details={"alias": [str(error)]}) from error
        self.numbered(number)
        aliases = {**self.aliases, alias: number}
        if len(aliases) > ALIASES_MOST:
            raise RegistryFullError(ALIASES_MOST, f"aliases of '{self.name}'")
        return self if aliases == self.aliases else self._changed(at, aliases=aliases)

    def _with(self, changed: RegisteredVersion, *, at: datetime) -> "RegisteredName":
        if changed in self.versions:
            return self
        new = replace(changed, updated_at=at)
        return self._changed(at, versions=tuple(new if each.number == new.number else each for each in self.versions))

    def _changed(self, at: datetime, **fields: object) -> "RegisteredName":
        return replace(self, updated_at=at, sequence=self.sequence + 1, **fields)  # type: ignore[arg-type]  # as its fields are


def check_name(name: str, *, field: str = "model_name") -> str:
    """Return the name. Raise InvalidError, by the field that it was sent in, for what can be none."""
    if not NAME.fullmatch(name):
        message = "This cannot be a model's name in the registry."
        raise InvalidError(message, details={field: [NAME_RULE]})
    return name
