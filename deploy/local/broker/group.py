"""A consumer group: who is a member, which generation holds, what the leader assigned, how far the group has committed.

The classic protocol (join, sync, heartbeat, leave): https://kafka.apache.org/protocol. A group's states are named as in Apache Kafka. The
broker hands the members' metadata to the leader and the leader's assignments to the members, and reads neither.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.journal import Journal

NO_GENERATION: Final = -1
# As Apache Kafka has it at most; at least it may be short here.
LONGEST_SESSION_S: Final = 1800.0
# A broker that was held up itself reads what waits for it before it takes a member for dead.
GRACE_S: Final = 1.0
# Of a client's name, which begins its member's id: ids are short enough to be written wherever they appear.
NAME_LENGTH: Final = 100
Place = tuple[str, int]


class State(StrEnum):
    """Where a group stands."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


@dataclass(frozen=True, slots=True)
class Joined:
    """What a member receives when a generation begins; `members` (ids and metadata) is the leader's to assign."""

    generation: int
    protocol: str
    leader: str
    member: str
    members: list[tuple[str, bytes]]


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
    joining: asyncio.Future[Joined] | None = None
    syncing: asyncio.Future[bytes] | None = None
    expiry: asyncio.TimerHandle | None = None


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
        if not 0 < member.session_s <= LONGEST_SESSION_S:
            raise RefusedError(Code.INVALID_SESSION_TIMEOUT)
        if not self._shared_protocols(besides=member) or (self.members and protocol_type != self.protocol_type):
            raise RefusedError(Code.INCONSISTENT_GROUP_PROTOCOL)
        self.protocol_type = protocol_type
        if known is None:
            member.id = f"{member.client[:NAME_LENGTH] or 'member'}-{uuid.uuid4()}"
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
                return await self._wait_for_assignment(member)
            for each in self.members.values():
                each.assignment = assignments.get(each.id) or b""
            self.state = State.STABLE
            self._call_deadline_off()
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
        if not offsets:
            return
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
            member.expiry.cancel()
        if member.joining:
            _refuse(member.joining, Code.REBALANCE_IN_PROGRESS)  # It has asked again on another connection.
        waiting: asyncio.Future[Joined] = asyncio.get_running_loop().create_future()
        member.joining = waiting
        self._prepare()
        self._complete_when_all_are_there()
        try:
            return await waiting
        except asyncio.CancelledError:
            if member.joining is waiting:  # Its connection is gone.
                member.joining = None
                self._remove(member)
            raise

    async def _wait_for_assignment(self, member: Member) -> bytes:
        if member.syncing:
            _refuse(member.syncing, Code.REBALANCE_IN_PROGRESS)  # As above.
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        member.syncing = waiting
        try:
            return await waiting
        except asyncio.CancelledError:
            if member.syncing is waiting:
                member.syncing = None
                self._heard(member)
            raise

    def _prepare(self) -> None:
        """Ask everybody to join again, for as long as the most patient of them allows."""
        if self.state is State.PREPARING:
            return
        self.state = State.PREPARING
        self._call_deadline_off()
        self._end_syncs(refused=Code.REBALANCE_IN_PROGRESS)
        patience = max(member.rebalance_s for member in self.members.values())
        self._deadline = asyncio.get_running_loop().call_later(patience, self._complete)

    def _complete_when_all_are_there(self) -> None:
        if self.state is State.PREPARING and all(member.joining for member in self.members.values()):
            self._complete()

    def _complete(self) -> None:
        """Begin a generation with those who have joined."""
        self._call_deadline_off()
        for member in [each for each in self.members.values() if each.joining is None]:
            self._forget(member)
        self.generation += 1
        if not self.members:
            self.state = State.EMPTY
            return
        self.state = State.COMPLETING
        patience = max(member.rebalance_s for member in self.members.values())
        self._deadline = asyncio.get_running_loop().call_later(patience, self._give_up_the_leader)
        self.leader = self.leader if self.leader in self.members else next(iter(self.members))
        self.protocol = self._shared_protocols()[0]
        for member in self.members.values():
            joining, member.joining, member.assignment = member.joining, None, b""
            self._heard(member)
            if joining and not joining.done():
                joining.set_result(self._joined(member))

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
        self._expect(member, within=member.session_s, otherwise=self._doubt)

    def _doubt(self, member: Member) -> None:
        self._expect(member, within=GRACE_S, otherwise=self._expire)

    def _expect(self, member: Member, *, within: float, otherwise: Callable[[Member], None]) -> None:
        if member.expiry:
            member.expiry.cancel()
        member.expiry = asyncio.get_running_loop().call_later(within, otherwise, member)

    def _expire(self, member: Member) -> None:
        if member.joining is None and member.syncing is None:  # Who waits for an answer cannot say that it lives.
            self._remove(member)

    def _remove(self, member: Member) -> None:
        if self.members.get(member.id) is not member:
            return
        self._forget(member)
        if not self.members:
            self._call_deadline_off()
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
            if syncing:
                self._heard(member)
            if syncing and refused:
                _refuse(syncing, refused)
            elif syncing and not syncing.done():
                syncing.set_result(member.assignment)

    def _give_up_the_leader(self) -> None:
        """Let a leader go that lives and assigns nothing: the others wait for it."""
        if self.state is State.COMPLETING:
            self._remove(self.members[self.leader])

    def _call_deadline_off(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


def _refuse(waiting: asyncio.Future[Any], code: Code) -> None:
    if not waiting.done():
        waiting.set_exception(RefusedError(code))
