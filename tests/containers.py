"""The servers of tests in containers, from the images of docker-compose.yml: what `TEST_SERVERS=containers` asks for."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from deploy.local.program import Program

COMPOSE: Final = Path(__file__).resolve().parents[1] / "docker-compose.yml"
# What the images hold, whatever the wheels' files are called.
IMAGES: Final = {"kafka": "kafka", "mongodb": "mongodb", "redis": "valkey"}
# Who comes from outside its container is not on loopback; the port is published there alone.
MORE: Final = {"redis": ["--protected-mode", "no"]}


def require_engine() -> None:
    """Go on where a container engine answers; elsewhere skip, or under CI=true fail, and say what is missing."""
    # Here and below, because the suite of wheels does without what is slow to import.
    from docker.errors import DockerException  # noqa: PLC0415  # as said above
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415  # as said above

    try:
        DockerClient().client.ping()
    except DockerException as error:
        reason = (
            "TEST_SERVERS=containers needs a container engine, Docker or podman with its socket in DOCKER_HOST, and none answers"
            f" ({error}); TEST_SERVERS=wheels runs the same tests without one"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@cache
def image_of(service: str) -> str:
    """Return the image that docker-compose.yml pins for a server."""
    import yaml  # noqa: PLC0415  # as said above

    image: str = yaml.safe_load(COMPOSE.read_text())["services"][service]["image"]
    return image


@contextmanager
def running_in_container(program: Program, *, folder: Path, ports: Sequence[int]) -> Iterator[None]:
    """Run a server's program from its image for the length of a `with` block: same options, same ports, its files in `folder`."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # as said above

    require_engine()
    name, *options = program.argv
    container = DockerContainer(image_of(IMAGES[program.name])).with_envs(**program.env).with_volume_mapping(folder, str(folder), "rw")
    container.with_command([*("0.0.0.0" if word == "127.0.0.1" else word for word in options), *MORE.get(program.name, [])])
    # As whoever runs the tests, so that it can read what they wrote, and they can remove what it did.
    container.with_kwargs(entrypoint=[Path(name).name], user=f"{os.getuid()}:{os.getgid()}")
    container.ports = {str(port): ("127.0.0.1", port) for port in ports}
    with container:
        yield


def open_listeners(properties: Path) -> None:
    """Let Kafka listen to what comes from outside its container; what it tells clients to call stays, as ports are the same."""
    lines = properties.read_text().splitlines()
    outside = [re.sub(r"(?<!CONTROLLER)://127\.0\.0\.1", "://0.0.0.0", line) if line.startswith("listeners=") else line for line in lines]
    properties.write_text("\n".join(outside) + "\n")
