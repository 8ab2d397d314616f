"""Grafana dashboards as short Python: a dashboard has rows, a row has panels, a panel has queries; the rest is the same for all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

WIDTH, HEIGHT, STAT_HEIGHT = 24, 8, 4
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
# Grafana's names of units.
Unit = Literal["short", "s", "reqps", "percentunit", "bytes", "h", "none"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph, or one number (`stat`). `queries` are PromQL by their legend, in which labels stand as `{{label}}`.

    `limits` are values from which it is yellow, and red.
    """

    title: str
    queries: Mapping[str, str]
    unit: Unit = "short"
    about: str = ""
    stat: bool = False
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side under a title."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of Grafana; its `uid` is its file's name and its address."""

    uid: str
    title: str
    about: str
    rows: Sequence[Row] = field(default_factory=tuple)

    def to_json(self) -> str:
        """Return the dashboard as Grafana reads it."""
        return json.dumps(self._document(), indent=2) + "\n"

    @property
    def queries(self) -> list[str]:
        """Every query of its panels."""
        return [query for row in self.rows for panel in row.panels for query in panel.queries.values()]

    def _document(self) -> dict[str, Any]:
        panels: list[dict[str, Any]] = []
        y = 0
        for row in self.rows:
            panels.append({"id": len(panels) + 1, "type": "row", "title": row.title, "gridPos": _at(0, y, WIDTH, 1), "panels": []})
            width, height = WIDTH // len(row.panels), STAT_HEIGHT if all(each.stat for each in row.panels) else HEIGHT
            for place, panel in enumerate(row.panels):
                panels.append(_panel(panel, number=len(panels) + 1) | {"gridPos": _at(place * width, y + 1, width, height)})
            y += 1 + height
        return {
            "uid": f"modelbourse-{self.uid}",
            "title": f"Modelbourse: {self.title}",
            "description": self.about,
            "tags": ["modelbourse"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "",
            "graphTooltip": 1,
            "links": [{"type": "dashboards", "tags": ["modelbourse"], "title": "Modelbourse", "asDropdown": True, "keepTime": True}],
            "templating": {"list": [{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}]},
            "panels": panels,
        }


def _at(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}


def _panel(panel: Panel, *, number: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limits:
        steps += [{"color": color, "value": value} for color, value in zip(("yellow", "red"), panel.limits, strict=True)]
    shown: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if not panel.stat:
        shown |= {"min": 0, "custom": {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never"}}
    calculation = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    options = (
        {"reduceOptions": calculation, "colorMode": "value", "graphMode": "area"}
        if panel.stat
        else {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    )
    return {
        "id": number,
        "type": "stat" if panel.stat else "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": shown, "overrides": []},
        "options": options,
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": query, "legendFormat": legend, "range": True}
            for place, (legend, query) in enumerate(panel.queries.items())
        ],
    }
