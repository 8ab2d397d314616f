"""What each service may do on Kafka is what it does, and nothing else."""

import ast
from pathlib import Path

import pytest

from libs.chassis.bus.topics import group_of
from libs.contracts.access import SERVICES, access_of
from libs.contracts.job_kinds import JOB_EVENTS, TRAINING_EVENTS
from libs.contracts.kafka_commands import main
from libs.contracts.topics import ASKS, EVENTS, every_topic

SOURCES = Path(__file__).resolve().parents[2] / "services"


def test_every_message_may_be_written_by_who_tells_it_and_by_nobody_else() -> None:
    for topic in {*EVENTS.values(), *ASKS.values()}:
        writers = [service for service in SERVICES if topic.name in access_of(service).writes]

        assert writers == ([topic.producer] if topic.producer in SERVICES else list(SERVICES)), topic.name


def test_who_hears_a_message_may_read_it_and_set_it_aside_and_nobody_else_reads_it() -> None:
    for topic in {*EVENTS.values(), *ASKS.values()}:
        assert {service for service in SERVICES if topic.name in access_of(service).reads} == set(topic.consumers)
        assert all(topic.dead in access_of(service).writes for service in topic.consumers)


def test_dead_letters_are_read_and_sent_again_by_the_gateway_alone() -> None:
    dead = {topic.dead for topic in (*EVENTS.values(), *ASKS.values())}

    assert dead <= set(access_of("gateway").reads)
    assert {name.removesuffix(".dead") for name in dead} <= {*access_of("gateway").writes, *access_of("gateway").replays}
    assert not any(dead & set(access_of(service).reads) or access_of(service).replays for service in SERVICES if service != "gateway")


def test_every_topic_is_somebodys() -> None:
    assert {topic for service in SERVICES for topic in access_of(service).topics} == set(every_topic())


def test_groups_are_those_that_the_bus_joins() -> None:
    assert access_of("gateway").groups == (group_of("gateway", namespace=""), group_of("gateway", namespace="", traffic="dead"))
    assert access_of("training").groups == (group_of("training", namespace=""), group_of("training", namespace="", traffic="asks"))
    assert access_of("monitoring").groups == (group_of("monitoring", namespace=""), group_of("monitoring", namespace="", traffic="asks"))


def test_a_service_that_there_is_not_is_told_the_nearest_name() -> None:
    with pytest.raises(ValueError, match="Did you mean 'training'"):
        access_of("trainings")


def test_the_commands_for_a_cluster_make_every_topic_and_allow_each_service_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--namespace", "shop", "--replication", "3"])

    lines = capsys.readouterr().out.splitlines()
    made, allowed = ([line for line in lines if line.startswith(program)] for program in ("kafka-topics.sh", "kafka-acls.sh"))
    assert len(made) == len(every_topic())
    assert any(
        "--topic shop.training.completed --partitions 6 --replication-factor 3 --config retention.ms=7776000000" in line for line in made
    )
    writers = {
        line.split("User:")[1].split()[0] for line in allowed if "--operation Write" in line and "--topic shop.training.completed " in line
    }
    assert writers == {"training", "gateway"}
    groups = "--group shop.modelbourse.monitoring --group shop.modelbourse.monitoring.asks"
    assert any(line.endswith(f"User:monitoring --operation Read {groups}") for line in allowed)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_tells_what_the_contracts_say(service: str) -> None:
    trees = [ast.parse(path.read_text()) for path in (SOURCES / service).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    made = {name for tree in trees for name in made_in(tree)}
    mentioned = {node.id for node in nodes if isinstance(node, ast.Name)}
    # `events.completed(…)`, for trainings and for jobs of other kinds.
    fields = {node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in JOB_EVENTS.__dataclass_fields__}
    mentioned |= {getattr(events, field).__name__ for field in fields for events in (TRAINING_EVENTS, JOB_EVENTS)}
    told = {event.__name__ for event, topic in EVENTS.items() if topic.producer == service}

    assert told <= mentioned
    assert made & {event.__name__ for event in EVENTS} <= told


def made_in(tree: ast.Module) -> set[str]:
    """Return the names of messages of the contracts that a file makes."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("libs.contracts"))
    known = {alias.name for node in imports for alias in node.names}
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)} & known
