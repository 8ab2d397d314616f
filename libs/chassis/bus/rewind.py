"""Has a service hear events again from a moment on, after its database was restored to then: `python -m libs.chassis.bus.rewind`.

Kafka's own `kafka-consumer-groups.sh --reset-offsets --to-datetime` does the same; this needs no more than what the platform has.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import ClassVar, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.chassis.bus.connection import client_arguments, refusals_told
from libs.chassis.bus.topics import group_of
from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.chassis.production import Danger, kafka_dangers
from libs.chassis.refusals import RefusedError
from libs.chassis.settings import SharedSettings, read_settings
from libs.contracts.access import SERVICES

USAGE: Final = "python -m libs.chassis.bus.rewind SERVICE MOMENT, such as: marketplace 2026-01-15T12:00:00Z"


class RewindSettings(SharedSettings):
    """What a service's environment says of Kafka; artifacts and stores are none of a rewind's business."""

    opens_artifacts: ClassVar[bool] = False
    artifacts_url: str = Field("", validation_alias="ARTIFACTS_URL", repr=False)
    # Nobody is asked for what is not connected to.
    mongo_url: str = Field("mongodb://localhost", validation_alias="MONGO_URL", repr=False)
    redis_url: str = Field("redis://localhost", validation_alias="REDIS_URL", repr=False)

    def dangers(self) -> Iterator[Danger]:
        """Yield what is not fit for production about the one connection that is made."""
        yield from kafka_dangers(self)


def settings_of(service: str) -> type[RewindSettings]:
    """Return the settings that are read from a service's environment: what that service is allowed, its rewind is."""

    class Settings(RewindSettings):
        model_config = SettingsConfigDict(env_prefix=f"{service.upper()}_")

    return Settings


class StillRunningError(PlatformError, kind=ErrorKind.CONFLICT):
    """Processes of the service are in its group: what is set now they would set anew."""


async def rewind(settings: SharedSettings, service: str, *, to: datetime) -> int:
    """Set a service's place in every partition that it reads to the first record since a moment; return how many records it hears again.

    A place that lies before that stays. Raise StillRunningError while a process of the service runs, KafkaError.
    """
    group = group_of(service, namespace=settings.namespace)
    admin = AIOKafkaAdminClient(**client_arguments(settings))
    async with refusals_told(settings):
        await admin.start()
    try:
        await _check_stopped(admin, group, service=service)
        committed = {place: found.offset for place, found in (await admin.list_consumer_group_offsets(group)).items() if found.offset >= 0}
    finally:
        await admin.close()
    async with AIOKafkaConsumer(**client_arguments(settings), group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(committed))
        at_ms = int(to.timestamp() * 1000)
        since = await consumer.offsets_for_times(dict.fromkeys(committed, at_ms))
        # No record is so late: everything in that partition was heard before.
        back = {place: found.offset for place, found in since.items() if found is not None and found.offset < committed[place]}
        if back:
            await consumer.commit(back)
    return _counted(committed, back)


def _counted(committed: Mapping[TopicPartition, int], back: Mapping[TopicPartition, int]) -> int:
    return sum(committed[place] - offset for place, offset in back.items())


async def _check_stopped(admin: AIOKafkaAdminClient, group: str, *, service: str) -> None:
    for answer in await admin.describe_consumer_groups([group]):
        for described in answer.to_object()["groups"]:
            if members := len(described["members"]):
                message = f"{members} process(es) of {service} run: stop all of them first, or what is set now they set anew."
                raise StillRunningError(message)


def _read(arguments: list[str]) -> tuple[str, datetime]:
    """Return service and moment. Raise InvalidError."""
    match arguments:
        case [service, moment]:
            pass
        case _:
            raise InvalidError(USAGE)
    if service not in SERVICES:
        near = get_close_matches(service, SERVICES, n=1)
        message = f"'{service}' is no service; {f'did you mean {near[0]}? ' if near else ''}there are {', '.join(SERVICES)}"
        raise InvalidError(message)
    try:
        to = datetime.fromisoformat(moment)
    except ValueError as error:
        message = f"'{moment}' is no moment; it is ISO 8601, such as 2026-01-15T12:00:00Z"
        raise InvalidError(message) from error
    if to.tzinfo is None:
        message = f"'{moment}' has no time zone; in UTC it is {to.isoformat()}Z"
        raise InvalidError(message)
    return service, to


def main(arguments: list[str]) -> int:
    """Read the connection from the environment, as a service does, and rewind. Return the exit status."""
    try:
        service, to = _read(arguments)
        settings = read_settings(settings_of(service))
        count = asyncio.run(rewind(settings, service, to=to))
    except PlatformError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KafkaConnectionError:
        sys.stderr.write(f"Kafka at {settings.kafka_bootstrap} does not answer: it must run, while the services do not\n")
        return 1
    except KafkaError as error:
        sys.stderr.write(f"Kafka does not do it: {error!r}\n")
        return 1
    sys.stdout.write(f"{service} hears {count} events again when it starts\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
