"""How a model's alerts follow what snapshots find: ranked by one measure, none lost or left open, all over when nobody looks any more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.contracts.envelope import Event
from libs.contracts.model_monitoring import (
    DomainClassifier,
    FeatureDrift,
    Interval,
    ModelDrifted,
    ModelRecovered,
    MonitorThresholds,
    Performance,
    SnapshotResult,
    StreamChange,
)
from services.gateway.domain.monitoring.alerts import Finding, findings_of
from services.gateway.domain.monitoring.labels import Label
from services.gateway.domain.monitoring.watch import OPEN_MOST, Seen, Watch, followed, judge

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
WATCH = Watch("model_1", "account_1", in_production=True)


def found(result: SnapshotResult) -> Sequence[Finding]:
    return findings_of(result, thresholds=MonitorThresholds(), below=0.9)


def seen(watch: Watch, findings: Sequence[Finding], *, day: int) -> tuple[Watch, list[Event]]:
    return judge(watch, Seen(snapshot_id=f"snap_{day}", version="1.0", at=BEGAN + timedelta(days=day), findings=findings, enough=True))


def stream(kind: str, *, changes: int) -> SnapshotResult:
    told = StreamChange.model_validate({"stream": kind, "changes": changes, "before": 1e-12, "after": 0.4})
    return SnapshotResult(enough=True, adwin=told)


def drifting(name: str, psi: float, *, importance: float) -> FeatureDrift:
    return FeatureDrift(
        name=name, type="numeric", psi=psi, threshold=0.25, drifted=psi > 0.25, importance=importance, harm=psi * importance
    )


def test_a_change_of_the_answers_is_over_when_the_errors_that_labels_tell_have_not_changed() -> None:
    opened, drifted = seen(WATCH, found(stream("predictions", changes=1)), day=0)

    over, recovered = seen(opened, found(stream("errors", changes=0)), day=1)

    assert [(each.cause, each.subject) for each in opened.open] == [("stream", "")]
    assert (over.open, [type(each) for each in (*drifted, *recovered)]) == ((), [ModelDrifted, ModelRecovered])


def test_harm_is_a_share_so_that_causes_are_ranked_together_and_what_is_no_share_comes_last() -> None:
    result = SnapshotResult(
        enough=True,
        adwin=StreamChange(stream="errors", changes=1, before=1e-12, after=0.4),
        features=(drifting("rsi", 9.0, importance=0.05), drifting("macd", 30.0, importance=0.5)),
        domain=DomainClassifier(auc=0.99, lower=0.98, upper=1.0, drifted=True),
        performance=Performance(
            measured={"log_loss": Interval(value=4.0, lower=3.9, upper=4.1), "r2": Interval(value=-3.0, lower=-3.1, upper=-2.9)},
            reference={"log_loss": 1.0, "r2": 1e-12},
            errors=("log_loss",),
            degraded=("log_loss", "r2"),
        ),
    )

    raised, _ = seen(WATCH, found(result), day=0)

    assert [(each.cause, each.subject, each.harm) for each in raised.open] == [
        ("performance", "log_loss", 0.75),
        ("performance", "r2", None),
        ("drift", "macd", 1.0),
        ("stream", "", pytest.approx(1.0)),
        ("drift", "rsi", pytest.approx(0.45)),
        ("domain", "", None),
    ]


def test_alerts_that_are_open_stay_though_others_come_that_do_more_harm_and_a_stale_model_is_always_told() -> None:
    many = [drifting(f"f{place:03}", 0.3, importance=0.01) for place in range(OPEN_MOST + 20)]
    opened, _ = seen(WATCH, found(SnapshotResult(enough=True, features=tuple(many[:OPEN_MOST]))), day=0)
    worse = [drifting(each.name, 0.3, importance=0.01 if place < OPEN_MOST else 0.9) for place, each in enumerate(many)]
    stale = Finding(cause="freshness", subject="", message="", value=2.0, threshold=1.0, harm=None, is_over=True, is_clear=False)

    after, told = seen(opened, [*found(SnapshotResult(enough=True, features=tuple(worse))), stale], day=1)

    kept = {each.key: each.id for each in after.open}
    assert {each.key: each.id for each in opened.open}.items() <= kept.items()
    assert len(kept) == OPEN_MOST + 1
    (event,) = told
    assert isinstance(event, ModelDrifted)
    assert [each.cause for each in event.alerts] == ["freshness"]
    assert after.open_features == tuple(each.name for each in many[:OPEN_MOST])


def test_alerts_of_a_model_of_which_nothing_is_in_production_any_more_are_over_and_it_is_told() -> None:
    opened, _ = seen(WATCH, found(SnapshotResult(enough=True, features=(drifting("rsi", 0.5, importance=1.0),))), day=0)

    still, nothing = followed(opened, in_production=True, default=timedelta(days=1), at=BEGAN + timedelta(days=1))
    over, told = followed(opened, in_production=False, default=timedelta(days=1), at=BEGAN + timedelta(days=1))
    never, none = followed(replace(opened, in_production=False), in_production=False, default=None, at=BEGAN + timedelta(days=1))

    assert (len(still.open), nothing) == (1, [])
    assert (over.open, over.next_at, over.resolved[0].resolution) == ((), None, "No version is in production any more.")
    (event,) = told
    assert isinstance(event, ModelRecovered)
    assert [each.subject for each in event.alerts] == ["rsi"]
    # One that was never in production is looked at by request alone, and keeps what that has found.
    assert (len(never.open), none) == (1, [])


def test_labels_of_the_same_moment_in_other_zones_are_of_the_same_row() -> None:
    moments = ("2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000400+00:00")

    assert len({Label(value=1.0, timestamp=datetime.fromisoformat(moment), symbol="A").key for moment in moments}) == 1
