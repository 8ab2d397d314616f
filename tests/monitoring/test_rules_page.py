"""The page of health and alerts says what the tables say."""

from pathlib import Path

from services.gateway.domain.health import DEGRADED_WHEN, UNHEALTHY_WHEN
from services.monitoring.domain.rules import RULES, MetricName

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "health-and-alerts.md").read_text()


def test_the_page_has_every_rule_as_it_is_and_every_threshold_of_health() -> None:
    rows = [
        f"| `{rule.name}` | `{rule.metric.value}` | {rule.threshold:g} | {rule.clear:g} | {rule.after.total_seconds():g} s"
        f" | {rule.cooldown.total_seconds():g} s | {rule.level.upper()} | {rule.title} |"
        for rule in RULES
    ]

    assert [row for row in rows if row not in PAGE] == []
    assert [text for text in (*UNHEALTHY_WHEN, *DEGRADED_WHEN) if f"- {text}\n" not in PAGE] == []


def test_every_metric_has_a_rule_and_no_alert_ends_above_where_it_begins() -> None:
    assert {rule.metric for rule in RULES} == set(MetricName)
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.clear <= rule.threshold for rule in RULES)
