"""Joining a Ray that is secured: with the right token and certificate the service is let in, else one sentence says what is wrong."""

import asyncio
import dataclasses
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_ports
from deploy.local.program import running
from deploy.local.servers import RAY_PORTS, RAY_WORKER_PORTS, ray_environment, ray_head
from tests.certificates import Authority, Certificate
from tests.conftest import RAY_TOKEN

# In a process of its own: Ray reads how it is secured once.
JOIN = """
import asyncio, sys
from services.training.outbound.ray_connection import RayConnection

async def main():
    async with RayConnection(sys.argv[1], namespace="tests").running():
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def joining(address: str, *, says: str, **environment: str) -> None:
    """Join with this environment until the process says that; fail when it ends before."""
    command = [sys.executable, "-c", JOIN, address]
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    heard = ""
    try:
        while says not in heard:
            line = (await process.stdout.readline()).decode()
            assert line, heard
            heard += line
    finally:
        process.terminate()
        await process.communicate()
    assert "Traceback" not in heard


async def test_a_wrong_token_is_one_sentence(ray_address: str) -> None:
    says = f"Ray at {ray_address} refuses us: it does not know our token"

    await joining(ray_address, says=says, RAY_AUTH_TOKEN="another" * 8)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates")


@pytest.fixture
def secured_ray(tmp_path: Path, authority: Authority) -> Iterator[str]:
    """A head that speaks TLS and asks for a token."""
    ports = free_ports(len(RAY_PORTS) + 1)
    workers = 20000 + (ports[-1] % 10000 // RAY_WORKER_PORTS) * RAY_WORKER_PORTS
    mark = f"tests-{uuid.uuid4().hex}:secured-ray"
    head = ray_head(ports=ports[:-1], worker_ports=workers, cpus=1, token=RAY_TOKEN, log=tmp_path / "log", mark=mark)
    with running(dataclasses.replace(head, env={**head.env, **tls(authority.issue("ray"), authority)})):
        yield f"127.0.0.1:{ports[0]}"


def tls(shown: Certificate, authority: Authority) -> dict[str, str]:
    """Return Ray's own words for TLS."""
    files = {"RAY_TLS_SERVER_CERT": shown.cert, "RAY_TLS_SERVER_KEY": shown.key, "RAY_TLS_CA_CERT": authority.file}
    return {"RAY_USE_TLS": "1"} | {name: str(file) for name, file in files.items()}


@pytest.mark.soak
async def test_a_cluster_that_speaks_tls_is_joined_and_what_is_wrong_is_one_sentence(
    secured_ray: str, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger", name="stranger")
    right = ray_environment(RAY_TOKEN) | tls(authority.issue("training"), authority)

    await joining(secured_ray, says="connected to the cluster", **right)
    await joining(
        secured_ray, says="its certificate is signed by no authority that is known here", **right | tls(stranger.issue("x"), stranger)
    )
    await joining(secured_ray, says="it does not take our certificate", **right | tls(stranger.issue("x"), authority))
    await joining(secured_ray, says="RAY_USE_TLS may not be what it speaks", **right | {"RAY_USE_TLS": "0"})
