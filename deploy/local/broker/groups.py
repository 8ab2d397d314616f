"""Consumer groups: who is a member, which generation holds, what the leader assigned, how far the group has committed.

The classic protocol (join, sync, heartbeat, leave): https://kafka.apache.org/protocol. A group's states are named as in Apache Kafka. The
broker hands the members' metadata to the leader and the leader's assignments to the members, and reads neither.
"""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.journal import Journal

NO_GENERATION: Final = -1
Place = tuple[str, int]


class State(StrEnum):
    """Where a group stands."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


@dataclass(eq=False)
class Member:
    """A member, and the requests of its that wait for the others."""

    id: str
    client: str
    host: str
    session_s: float
    rebalance_s: float
    protocols: list[tuple[str, bytes]]
    assignment: bytes = b""
    joining: asyncio.Future[None] | None = None
    syncing: asyncio.Future[None] | None = None
    expiry: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """What a member is told when a generation begins; `members` (ids and metadata) is the leader's to assign."""

    generation: int
    protocol: str
    leader: str
    member: str
    members: list[tuple[str, bytes]]


@dataclass(eq=False)
class Group:
    """One consumer group."""

    name: str
    journal: Journal
    state: State = State.EMPTY
    generation: int = 0
    protocol_type: str = ""
    protocol: str = ""
    leader: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    offsets: dict[Place, tuple[int, str]] = field(default_factory=dict)
    _deadline: asyncio.TimerHandle | None = None

    async def join(self, member: Member, *, protocol_type: str) -> Joined:
        """Wait until a generation begins that this member belongs to. Raise RefusedError.

        `member` is what the request says of it; without an id it is a new one.
        """
        known = self.members.get(member.id)
        if member.id and known is None:
            raise RefusedError(Code.UNKNOWN_MEMBER_ID)
        if self.members and (protocol_type != self.protocol_type or not self._shared_protocols(besides=member)):
            raise RefusedError(Code.INCONSISTENT_GROUP_PROTOCOL)
        self.protocol_type = protocol_type
        if known is None:
            member.id = f"{member.client or 'member'}-{uuid.uuid4()}"
            self.members[member.id] = known = member
        else:
            unchanged, known.protocols = known.protocols == member.protocols, member.protocols
            known.session_s, known.rebalance_s = member.session_s, member.rebalance_s
            # A member that lost the answer to its join asks again; the leader does so to assign anew.
            if unchanged and (self.state is State.COMPLETING or (self.state is State.STABLE and known.id != self.leader)):
                self._heard(known)
                return self._joined(known)
        return await self._wait_for_generation(known)

    async def sync(self, member_id: str, *, generation: int, assignments: Mapping[str, bytes]) -> bytes:
        """Return a member's assignment; the leader brings everybody's, the others wait for it. Raise RefusedError."""
        member = self._member(member_id, generation=generation)
        if self.state is State.PREPARING:
            raise RefusedError(Code.REBALANCE_IN_PROGRESS)
        if self.state is State.COMPLETING:
            if member.id != self.leader:
                member.syncing = asyncio.get_running_loop().create_future()
                await member.syncing
            else:
                for each in self.members.values():
                    each.assignment = assignments.get(each.id, b"")
                self.state = State.STABLE
                self._end_syncs()
        self._heard(member)
        return member.assignment

    def heartbeat(self, member_id: str, *, generation: int) -> Code:
        """Note that a member lives; REBALANCE_IN_PROGRESS tells it to join again. Raise RefusedError."""
        self._heard(self._member(member_id, generation=generation))
        return Code.REBALANCE_IN_PROGRESS if self.state is State.PREPARING else Code.NONE

    def leave(self, member_id: str) -> None:
        """Let a member go. Raise RefusedError."""
        if member_id not in self.members:
            raise RefusedError(Code.UNKNOWN_MEMBER_ID)
        self._remove(self.members[member_id])

    def commit(self, offsets: Mapping[Place, tuple[int, str]], *, member_id: str, generation: int) -> None:
        """Keep how far the group has come. Raise RefusedError for one that is no member of this generation.

        Who names no generation manages its partitions itself and may commit while the group is empty.
        """
        if generation != NO_GENERATION or self.members:
            self._heard(self._member(member_id, generation=generation))
            if self.state is State.COMPLETING:
                raise RefusedError(Code.REBALANCE_IN_PROGRESS)
        entry = {"group": self.name, "offsets": [[*place, *offset] for place, offset in offsets.items()]}
        self.journal.write("offsets", entry)
        self.offsets |= offsets

    def end(self) -> None:
        """Let nothing of it run any more."""
        for each in (self._deadline, *(member.expiry for member in self.members.values())):
            if each:
                each.cancel()

    async def _wait_for_generation(self, member: Member) -> Joined:
        if member.expiry:
            member.expiry.cancel()  # Who waits here lives, and cannot say so.
        if member.joining:
            _refuse(member.joining, Code.REBALANCE_IN_PROGRESS)  # It has asked again on another connection.
        waiting = member.joining = asyncio.get_running_loop().create_future()
        self._prepare()
        self._complete_when_all_are_there()
        try:
            await waiting
        except asyncio.CancelledError:
            if member.joining is waiting:  # Its connection is gone.
                member.joining = None
                self._remove(member)
            raise
        return self._joined(member)

    def _prepare(self) -> None:
        """Ask everybody to join again, for as long as the most patient of them allows."""
        if self.state is State.PREPARING:
            return
        self.state = State.PREPARING
        self._end_syncs(refused=Code.REBALANCE_IN_PROGRESS)
        patience = max(member.rebalance_s for member in self.members.values())
        self._deadline = asyncio.get_running_loop().call_later(patience, self._complete)

    def _complete_when_all_are_there(self) -> None:
        if self.state is State.PREPARING and all(member.joining for member in self.members.values()):
            self._complete()

    def _complete(self) -> None:
        """Begin a generation with those who have joined."""
        if self._deadline:
            self._deadline.cancel()
        for member in [each for each in self.members.values() if each.joining is None]:
            self._forget(member)
        self.generation += 1
        if not self.members:
            self.state = State.EMPTY
            return
        self.state = State.COMPLETING
        self.leader = self.leader if self.leader in self.members else next(iter(self.members))
        self.protocol = self._shared_protocols()[0]
        for member in self.members.values():
            joining, member.joining, member.assignment = member.joining, None, b""
            self._heard(member)
            if joining and not joining.done():
                joining.set_result(None)

    def _joined(self, member: Member) -> Joined:
        members = [(each.id, dict(each.protocols)[self.protocol]) for each in self.members.values()] if member.id == self.leader else []
        return Joined(self.generation, self.protocol, self.leader, member.id, members)

    def _shared_protocols(self, *, besides: Member | None = None) -> list[str]:
        """Return the protocols that all members (and `besides`) speak, in the order of the first of them."""
        speakers = [each for each in self.members.values() if besides is None or each.id != besides.id]
        speakers += [besides] if besides else []
        shared = set.intersection(*({name for name, _ in each.protocols} for each in speakers))
        return [name for name, _ in speakers[0].protocols if name in shared]

    def _member(self, member_id: str, *, generation: int) -> Member:
        if member_id not in self.members:
            raise RefusedError(Code.UNKNOWN_MEMBER_ID)
        if generation != self.generation:
            raise RefusedError(Code.ILLEGAL_GENERATION)
        return self.members[member_id]

    def _heard(self, member: Member) -> None:
        if member.expiry:
            member.expiry.cancel()
        member.expiry = asyncio.get_running_loop().call_later(member.session_s, self._expire, member)

    def _expire(self, member: Member) -> None:
        if member.joining is None:
            self._remove(member)

    def _remove(self, member: Member) -> None:
        if self.members.get(member.id) is not member:
            return
        self._forget(member)
        if not self.members:
            if self._deadline:
                self._deadline.cancel()
            self.state, self.generation = State.EMPTY, self.generation + 1
        elif self.state is State.PREPARING:
            self._complete_when_all_are_there()
        else:
            self._prepare()

    def _forget(self, member: Member) -> None:
        del self.members[member.id]
        if member.expiry:
            member.expiry.cancel()
        for waiting in (member.joining, member.syncing):
            if waiting:
                _refuse(waiting, Code.UNKNOWN_MEMBER_ID)

    def _end_syncs(self, *, refused: Code | None = None) -> None:
        for member in self.members.values():
            syncing, member.syncing = member.syncing, None
            if syncing and refused:
                _refuse(syncing, refused)
            elif syncing and not syncing.done():
                syncing.set_result(None)


def _refuse(waiting: asyncio.Future[None], code: Code) -> None:
    if not waiting.done():
        waiting.set_exception(RefusedError(code))


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
