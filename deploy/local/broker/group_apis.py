"""What the broker answers to requests of consumer groups: fields in, fields out, for every version alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.broker import NODE, NONE_FOUND, Broker, Client, Fields, attempt
from deploy.local.broker.group import Group, Joined, Member, State


def find_coordinator(broker: Broker, _: Fields, __: Client) -> Fields:
    """Tell who keeps a group: the one broker."""
    here = {"coordinator_id": NODE, "host": "127.0.0.1", "port": broker.port}
    return {"throttle_time_ms": 0, "error_code": Code.NONE, "error_message": None, **here}


async def join_group(broker: Broker, asked: Fields, client: Client) -> Fields:
    """Wait for the next generation of a group."""
    protocols = [(each["protocol_name"], each["protocol_metadata"]) for each in asked["group_protocols"]]
    session_s, rebalance_s = asked["session_timeout"] / 1000, asked["rebalance_timeout"] / 1000
    member = Member(asked["member_id"], client.name, client.host, session_s, rebalance_s, protocols)
    try:
        code, joined = Code.NONE, await broker.groups.found_or_made(asked["group"]).join(member, protocol_type=asked["protocol_type"])
    except RefusedError as error:
        code, joined = error.code, Joined(-1, "", "", asked["member_id"], [])
    return {
        "throttle_time_ms": 0,
        "error_code": code,
        "generation_id": joined.generation,
        "group_protocol": joined.protocol,
        "leader_id": joined.leader,
        "member_id": joined.member,
        "members": [{"member_id": member_id, "member_metadata": about} for member_id, about in joined.members],
    }


async def sync_group(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Hand the leader's assignments out."""
    assignments = {each["member_id"]: each["member_metadata"] for each in asked["group_assignment"]}
    try:
        group, generation = _known(broker, asked["group"]), asked["generation_id"]
        assignment = await group.sync(asked["member_id"], generation=generation, assignments=assignments)
    except RefusedError as error:
        return {"throttle_time_ms": 0, "error_code": error.code, "member_assignment": b""}
    return {"throttle_time_ms": 0, "error_code": Code.NONE, "member_assignment": assignment}


def heartbeat(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Note that a member lives."""
    try:
        code = _known(broker, asked["group"]).heartbeat(asked["member_id"], generation=asked["generation_id"])
    except RefusedError as error:
        code = error.code
    return {"throttle_time_ms": 0, "error_code": code}


def leave_group(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Let a member go."""
    return {"throttle_time_ms": 0, **attempt(lambda: _known(broker, asked["group"]).leave(asked["member_id"]))}


def _known(broker: Broker, name: str) -> Group:
    """Return a group that is there. Raise RefusedError: who believes to be in it is no member."""
    if group := broker.groups.get(name):
        return group
    raise RefusedError(Code.UNKNOWN_MEMBER_ID)


def commit_offsets(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Keep how far a group has come."""
    group = broker.groups.found_or_made(asked["consumer_group"])
    member, generation = asked["consumer_id"], asked["consumer_group_generation_id"]
    given = [(topic["topic"], each) for topic in asked["topics"] for each in topic["partitions"]]
    offsets = {
        (name, each["partition"]): (each["offset"], each["metadata"] or "")
        for name, each in given
        if broker.topics.partition(name, each["partition"])
    }
    refused = attempt(lambda: group.commit(offsets, member_id=member, generation=generation))["error_code"]

    def answer(name: str, number: int) -> Fields:
        return {"partition": number, "error_code": refused or (Code.NONE if (name, number) in offsets else Code.UNKNOWN_TOPIC_OR_PARTITION)}

    def answers(topic: Fields) -> Fields:
        return {"topic": topic["topic"], "partitions": [answer(topic["topic"], each["partition"]) for each in topic["partitions"]]}

    return {"throttle_time_ms": 0, "topics": [answers(topic) for topic in asked["topics"]]}


def fetch_offsets(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Tell how far a group has come: in the partitions named, or in all where it has committed."""
    group = broker.groups.get(asked["consumer_group"])
    offsets = group.offsets if group else {}
    if asked["topics"] is None:
        wanted = {topic: [number for name, number in offsets if name == topic] for topic, _ in offsets}
    else:
        wanted = {topic["topic"]: topic["partitions"] for topic in asked["topics"]}

    def answer(name: str, number: int) -> Fields:
        offset, note = offsets.get((name, number), (NONE_FOUND, ""))
        return {"partition": number, "offset": offset, "metadata": note, "error_code": Code.NONE}

    topics = [{"topic": name, "partitions": [answer(name, number) for number in numbers]} for name, numbers in wanted.items()]
    return {"throttle_time_ms": 0, "topics": topics, "error_code": Code.NONE}


def list_groups(broker: Broker, _: Fields, __: Client) -> Fields:
    """Tell what groups there are."""
    groups = [{"group": group.name, "protocol_type": group.protocol_type} for group in broker.groups]
    return {"throttle_time_ms": 0, "error_code": Code.NONE, "groups": groups}


def describe_groups(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Tell how groups stand; one that there is not is called dead, as Kafka does."""
    return {"throttle_time_ms": 0, "groups": [_group(name, broker.groups.get(name)) for name in asked["groups"]]}


def _group(name: str, group: Group | None) -> Fields:
    if group is None:
        return {"error_code": Code.NONE, "group": name, "state": "Dead", "protocol_type": "", "protocol": "", "members": []}
    about = {"error_code": Code.NONE, "group": name, "state": group.state.value, "protocol_type": group.protocol_type}
    return about | {"protocol": group.protocol if group.state is State.STABLE else "", "members": _members(group)}


def _members(group: Group) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "member_id": member.id,
            "client_id": member.client,
            "client_host": member.host,
            "member_metadata": dict(member.protocols).get(group.protocol, b""),
            "member_assignment": member.assignment,
        }
        for member in group.members.values()
    ]
