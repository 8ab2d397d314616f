"""The quick codec of fetches says what aiokafka's own says, in every version that it replaces."""

import subprocess
import sys

STORY = """
from io import BytesIO
from aiokafka.protocol import fetch
from libs.chassis.bus.fetch_codec import VERSIONS, use_quick_codec

ABORTED = (None, [], [(7, 8), (9, 10)])
RECORDS = (None, b"", b"records")

def request(version):
    sizes = {4: 3, 5: 4, 9: 5}
    size = sizes[max(known for known in sizes if known <= version)]
    partitions = [tuple(range(number, number + size)) for number in range(3)]
    schema = getattr(fetch, f"FetchRequest_v{version}")
    given = {"topics": [("asks", partitions), ("ünïcode", partitions[:1]), ("none", [])], "forgotten_topics_data": [], "rack_id": ""}
    return schema(*[given.get(name, 1) for name in schema.SCHEMA.names])

def answer(version):
    logs = (5,) if version >= 5 else ()
    replica = (-1,) if version >= 11 else ()
    partitions = [(number, 0, 2**40, 12, *logs, ABORTED[number % 3], *replica, RECORDS[number // 3]) for number in range(9)]
    schema = getattr(fetch, f"FetchResponse_v{version}")
    given = {"topics": [("asks", partitions), ("ünïcode", partitions[:1]), ("none", [])]}
    return schema(*[given.get(name, 1) for name in schema.SCHEMA.names])

requests = {version: request(version).encode() for version in VERSIONS}
answers = {version: answer(version).encode() for version in VERSIONS}
decoded = {version: type(answer(version)).decode(BytesIO(raw)) for version, raw in answers.items()}
use_quick_codec()
use_quick_codec()
for version in VERSIONS:
    assert request(version).encode() == requests[version], version
    assert type(answer(version)).decode(BytesIO(answers[version])).topics == decoded[version].topics, version
"""


def test_fetches_are_encoded_and_decoded_as_by_the_library_itself() -> None:
    # given a process that has the library's own codec, what that makes of requests and answers; then the quick one makes the same
    done = subprocess.run([sys.executable, "-c", STORY], capture_output=True, text=True, check=False)

    # then
    assert done.returncode == 0, done.stderr
