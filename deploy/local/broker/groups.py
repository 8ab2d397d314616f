"""All consumer groups of the broker, and what of them is kept."""

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.local.broker.group import Group, State
from deploy.local.broker.journal import Journal


class Groups:
    """All consumer groups."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._groups: dict[str, Group] = {}

    def __iter__(self) -> Iterator[Group]:
        """Every group."""
        return iter(self._groups.values())

    def get(self, name: str) -> Group | None:
        """Return a group, or None."""
        return self._groups.get(name)

    def found_or_made(self, name: str) -> Group:
        """Return a group, which is made by being asked for."""
        return self._groups.setdefault(name, Group(name, self._journal))

    def forget_idle(self) -> None:
        """Drop groups that have neither members nor offsets."""
        self._groups = {name: group for name, group in self._groups.items() if group.offsets or group.state is not State.EMPTY}

    def forget_topic(self, name: str) -> None:
        """Drop what was committed of a topic that is no more: one made later under its name begins anew."""
        for group in self:
            group.offsets = {place: offset for place, offset in group.offsets.items() if place[0] != name}

    def restore_offsets(self, entry: Mapping[str, Any]) -> None:
        """Keep offsets that the journal tells of."""
        offsets = {(topic, partition): (offset, note) for topic, partition, offset, note in entry["offsets"]}
        self.found_or_made(entry["group"]).offsets |= offsets

    def snapshot(self) -> Iterator[tuple[str, dict[str, Any], bytes]]:
        """Yield journal entries that make these offsets again."""
        for group in self:
            if group.offsets:
                yield "offsets", {"group": group.name, "offsets": [[*place, *offset] for place, offset in group.offsets.items()]}, b""

    def end(self) -> None:
        """Let nothing run any more."""
        for group in self:
            group.end()
