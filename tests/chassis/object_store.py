"""A server that speaks S3's protocol, as a process of its own on 127.0.0.1, and how to find it."""

import asyncio
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.ports import free_ports
from deploy.local.program import Program, running
from deploy.local.ready import until

BUCKET = "artifacts"


@dataclass(frozen=True)
class ObjectStore:
    """A running server and its one bucket."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What a service has in its environment to use it; nothing of this machine's own AWS settings is read."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "a-key",
            "AWS_SECRET_ACCESS_KEY": "a-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def client(self) -> Any:
        """Amazon's own client: another process that reads and writes the same bucket."""
        import boto3  # noqa: PLC0415 - whoever starts no object store need not load it

        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="another", aws_secret_access_key="other"
        )

    def buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.client.list_buckets()["Buckets"]]

    def names(self, prefix: str) -> list[str]:
        """Return the names of the objects under a prefix, the prefix left out."""
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/").get("Contents", [])
        return [each["Key"].removeprefix(f"{prefix}/") for each in found]


@contextmanager
def object_store_running(folder: Path, *, refuses: bool = False) -> Iterator[ObjectStore]:
    """Run a server with the bucket `artifacts`; one that `refuses` knows no key and answers 403 to all that comes after."""
    (port,) = free_ports(1)
    store = ObjectStore(f"http://127.0.0.1:{port}")
    program = Program(
        "s3",
        "server",
        [sys.executable, str(Path(__file__).with_name("s3_server.py")), str(port)],
        folder / "s3.log",
        f"tests-{uuid.uuid4().hex}:s3",
        # The first request makes the bucket.
        env={"INITIAL_NO_AUTH_ACTION_COUNT": "1"} if refuses else {},
    )

    async def accepting() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()

    with running(program):
        asyncio.run(until(accepting, what=f"S3 at {store.endpoint}"))
        store.client.create_bucket(Bucket=BUCKET)
        yield store
