"""A server that speaks S3's protocol, for the tests of the artifact store."""

from collections.abc import Iterator

import pytest

from tests.chassis.object_store import ObjectStore, object_store_running


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A running server with the bucket `artifacts`."""
    with object_store_running(tmp_path_factory.mktemp("s3")) as store:
        yield store


@pytest.fixture
def s3_environment(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment that leads to it."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    return monkeypatch
