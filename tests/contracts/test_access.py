"""What each service may do on Kafka is what it does, and nothing else."""

import pytest

from libs.chassis.bus.topics import group_of
from libs.contracts.access import SERVICES, access_of
from libs.contracts.topics import ASKS, EVENTS, every_topic


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
    assert access_of("monitoring").groups == (group_of("monitoring", namespace=""),)


def test_a_service_that_there_is_not_is_told_the_nearest_name() -> None:
    with pytest.raises(ValueError, match="Did you mean 'training'"):
        access_of("trainings")
