"""On S3 a missing file is told from a store that is away, and nothing blocks, is made or is logged that should not be."""

import asyncio
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from libs.chassis.errors import UnavailableError
from libs.chassis.liveness.outages import is_passing
from libs.chassis.stores.artifacts import ArtifactDamagedError, Artifacts
from tests.chassis.object_store import BUCKET, ObjectStore, object_store_running

ABSENT = "0" * 64


@pytest.fixture
def prefix() -> str:
    return uuid.uuid4().hex


def assert_told_as_away(artifacts: Artifacts, *, reason: str, calls: int = 6) -> None:
    """Every call (the first so many) says that the store cannot be used now; none says that there is no such file."""
    every = (
        lambda: artifacts.put(b"a model"),
        lambda: artifacts.get(ABSENT),
        lambda: artifacts.has(ABSENT),
        lambda: artifacts.write_named("checkpoints/job_1", b"one"),
        lambda: artifacts.read_named("checkpoints/job_1"),
        lambda: artifacts.delete_named("checkpoints/job_1"),
    )
    for call in every[:calls]:
        with pytest.raises(UnavailableError, match=reason) as failed:
            call()
        assert is_passing(failed.value)
        assert "a-secret" not in str(failed.value)


@pytest.mark.usefixtures("s3_environment")
def test_objects_lie_under_the_prefix_as_amazons_own_client_sees_them(object_store: ObjectStore, prefix: str) -> None:
    artifacts = Artifacts(f"s3://{BUCKET}/{prefix}/")

    stored = artifacts.put(b"a model")
    artifacts.write_named("checkpoints/job_1.json", b"{}")

    assert object_store.names(prefix) == ["named/checkpoints/job_1.json", stored.uri]
    assert object_store.client.get_object(Bucket=BUCKET, Key=f"{prefix}/{stored.uri}")["Body"].read() == b"a model"


@pytest.mark.usefixtures("s3_environment")
def test_an_object_that_another_damaged_is_noticed_and_healed(object_store: ObjectStore, prefix: str) -> None:
    artifacts = Artifacts(f"s3://{BUCKET}/{prefix}")
    stored = artifacts.put(b"a model")
    object_store.client.put_object(Bucket=BUCKET, Key=f"{prefix}/{stored.uri}", Body=b"a mole")

    with pytest.raises(ArtifactDamagedError):
        artifacts.get(stored.sha256)
    artifacts.put(b"a model")

    assert artifacts.get(stored.sha256) == b"a model"


@pytest.mark.usefixtures("s3_environment")
def test_a_bucket_that_is_not_there_is_told_and_not_made(object_store: ObjectStore) -> None:
    assert_told_as_away(Artifacts("s3://misspelt/prefix"), reason="NoSuchBucket")

    assert object_store.buckets() == [BUCKET]


def test_a_store_that_refuses_us_is_not_taken_for_an_empty_one(s3_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with object_store_running(tmp_path, refuses=True) as refusing:
        s3_environment.setenv("AWS_ENDPOINT_URL", refusing.endpoint)

        assert_told_as_away(Artifacts(f"s3://{BUCKET}/prefix"), reason="403|InvalidAccessKeyId")


def test_a_store_without_credentials_is_told(s3_environment: pytest.MonkeyPatch) -> None:
    s3_environment.delenv("AWS_ACCESS_KEY_ID")
    s3_environment.delenv("AWS_SECRET_ACCESS_KEY")

    assert_told_as_away(Artifacts(f"s3://{BUCKET}/prefix"), reason="NoCredentialsError")


def test_a_store_that_is_away_is_told_and_found_again(s3_environment: pytest.MonkeyPatch, object_store: ObjectStore, prefix: str) -> None:
    s3_environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    # Each is tried twice, with a pause.
    assert_told_as_away(Artifacts(f"s3://{BUCKET}/{prefix}"), reason="EndpointConnectionError", calls=2)

    s3_environment.setenv("AWS_ENDPOINT_URL", object_store.endpoint)
    artifacts = Artifacts(f"s3://{BUCKET}/{prefix}")

    assert artifacts.get(artifacts.put(b"a model").sha256) == b"a model"


class FailingServer:
    """Takes one request after another and goes away in the middle: after `said`, once it is `told_to_leave`."""

    def __init__(self, said: bytes) -> None:
        self.said, self.asked, self.told_to_leave = said, asyncio.Event(), asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        await self.told_to_leave.wait()
        writer.write(self.said)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_the_event_loop_goes_on_while_a_server_says_nothing(s3_environment: pytest.MonkeyPatch) -> None:
    failing = FailingServer(said=b"")
    async with await asyncio.start_server(failing, "127.0.0.1", 0) as server:
        s3_environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        reading = asyncio.create_task(asyncio.to_thread(Artifacts(f"s3://{BUCKET}/prefix").get, ABSENT))

        # This very loop serves the request: it could not, if the call held it.
        async with asyncio.timeout(60):
            await failing.asked.wait()
        assert not reading.done()
        failing.told_to_leave.set()
        with pytest.raises(UnavailableError):
            await reading


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
    ],
    ids=["cut-off", "slow-down", "broken"],
)
async def test_half_an_answer_and_a_server_in_trouble_are_a_store_that_is_away(s3_environment: pytest.MonkeyPatch, said: bytes) -> None:
    failing = FailingServer(said)
    failing.told_to_leave.set()
    async with await asyncio.start_server(failing, "127.0.0.1", 0) as server:
        s3_environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

        with pytest.raises(UnavailableError):
            await asyncio.to_thread(Artifacts(f"s3://{BUCKET}/prefix").get, ABSENT)
