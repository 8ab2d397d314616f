"""The lane of containers says what it lacks, and takes its images from docker-compose.yml."""

import pytest

from tests.containers import image_of, require_engine


def test_without_an_engine_the_lane_of_containers_is_skipped_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(
        pytest.skip.Exception, match=r"needs a container engine, Docker or podman .*TEST_SERVERS=wheels runs the same tests"
    ):
        require_engine()


def test_where_ci_asked_for_containers_a_missing_engine_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="needs a container engine"):
        require_engine()


def test_its_servers_are_those_of_the_compose_file() -> None:
    assert image_of("kafka").startswith("docker.io/apache/kafka:4.")
    assert image_of("mongodb").startswith("docker.io/library/mongo:8.")
    assert image_of("valkey").startswith("docker.io/valkey/valkey:9.")
