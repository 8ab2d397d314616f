"""What the training service takes for an address of the cluster."""

import pytest

from libs.chassis.settings import read_settings
from services.training.settings import Settings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    places = {"KAFKA_BOOTSTRAP": "k:9092", "MONGO_URL": "mongodb://m", "REDIS_URL": "redis://r", "ARTIFACTS_URL": "memory://"}
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PROFILE", "development")
    return monkeypatch


@pytest.mark.parametrize("address", ["127.0.0.1:6379", "ray-head:6379", "[::1]:6379"])
def test_the_cluster_is_named_by_its_heads_host_and_port(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("RAY_ADDRESS", address)

    assert read_settings(Settings).ray_address == address


@pytest.mark.parametrize("address", ["ray://ray-head:10001", "ray-head", "auto"])
def test_any_other_address_is_refused_at_the_start(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    environment.setenv("RAY_ADDRESS", address)

    with pytest.raises(SystemExit):
        read_settings(Settings)

    assert "Cannot start: RAY_ADDRESS:" in capsys.readouterr().err
