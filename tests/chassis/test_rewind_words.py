"""`python -m libs.chassis.bus.rewind` says in one sentence what is wrong with what it was given."""

import pytest

from libs.chassis.bus.rewind import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "python -m libs.chassis.bus.rewind SERVICE MOMENT, such as: "),
        (["trainig", "2026-01-15T12:00:00Z"], "'trainig' is no service; did you mean training? there are gateway, "),
        (["training", "yesterday"], "'yesterday' is no moment; it is ISO 8601, such as 2026-01-15T12:00:00Z"),
        (["training", "2026-01-15"], "'2026-01-15' has no time zone; in UTC it is 2026-01-15T00:00:00Z"),
    ],
)
def test_a_service_or_moment_that_there_is_not_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(said)


def test_a_kafka_that_is_away_is_named_and_nothing_else_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("MONGO_URL", "REDIS_URL", "ARTIFACTS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROFILE", "development")
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")

    assert main(["training", "2026-01-15T12:00:00Z"]) == 1
    assert capsys.readouterr().err == "Kafka at 127.0.0.1:1 does not answer: it must run, while the services do not\n"
