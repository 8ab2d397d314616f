"""ML Development's monitoring: snapshots of models of every kind, computed or reported, with alerts, rules and labels."""

import json
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Path, Response, status
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, JsonValue, StrictFloat, StrictInt, StrictStr, field_validator
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.model_monitoring import Window
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.ml_development import monitoring as answers
from services.gateway.domain.models.errors import ModelNotFoundError, ModelNotTrainedError, PlotMissingError
from services.gateway.domain.monitoring.errors import SnapshotNotFoundError
from services.gateway.domain.monitoring.labels import SENT_MOST, Label, moment_of_row
from services.gateway.domain.monitoring.snapshot import PREFIX, Reported, SnapshotFilter, SnapshotSource, SnapshotStatus
from services.gateway.inbound.faces.ml_development.face import FACE, PAGES, Maker, Reader
from services.gateway.inbound.faces.ml_development.monitoring_answers import alert_of, labels_of, snapshot_of, watch_of
from services.gateway.inbound.faces.ml_development.words import read_filter, same_as
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import InvalidQueryError, query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import DRAWN_POLICY, HEADERS, PARAMETER, SAME, has, kept_answer
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.monitoring.ask_snapshot import SnapshotAsked
from services.gateway.usecases.monitoring.use_cases import MonitoringUseCases

NO_MODEL: Final = ModelNotFoundError(MODEL_ID)
NO_SNAPSHOT: Final = SnapshotNotFoundError(answers.SNAPSHOT_ID)
NOT_TRAINED: Final = ModelNotTrainedError("draft")
REPORT: Final[dict[str, Any]] = {
    "content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"}},
    "headers": HEADERS,
}
COMING: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": answers.MlSnapshot, "description": "A job computes it: ask again by its id."}
}
KEYS_MOST, PATH_MOST, VALUE_MOST = 500, 300, 200
FILTERS: Final = [
    query("source", "Snapshots of this source.", enum=[each.value for each in SnapshotSource]),
    query("status", "Snapshots that are so far; those that are done where it is not said.", enum=[each.value for each in SnapshotStatus]),
    query("since", "Snapshots from this moment on (ISO 8601, with its zone).", format="date-time"),
]
STATES: Final = ("open", "resolved")
REPORTED_BYTES: Final = 32_768
NOT_BOTH: Final = "A report is kept, or a snapshot computed, and not both: leave it out, or what you have measured."
Said = dict[str, JsonValue]
RowMoment = Annotated[AwareDatetime, AfterValidator(moment_of_row)]
ModelId = Annotated[str, id_of("model", ModelNotFoundError), Path(description="The model's id, of whatever kind.", examples=[MODEL_ID])]
SnapshotId = Annotated[str, id_of(PREFIX, SnapshotNotFoundError), Path(description="The snapshot's id.", examples=[answers.SNAPSHOT_ID])]
Use = Annotated[MonitoringUseCases, used(MonitoringUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/models/{{model_id}}", tags=[FACE.tag("monitoring")])


class MlWindowIn(StrictBody):
    """Which rows are the current ones."""

    start: RowMoment | None = Field(None, description="From when; null: the first row that the version has not learned from.")
    end: RowMoment | None = Field(None, description="Until when, exclusive; null: the newest row.")


def _part(what: str) -> Any:
    return Field(None, max_length=KEYS_MOST, description=f"{what}, as you have measured it. With any of the four a report is kept.")


class MlSnapshotIn(StrictBody):
    """A report of a model, where it has one of the `…_json`; else what is to be computed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"model_id": MODEL_ID, "performance_metrics_json": {"revenue_lift": 0.042}}]})

    model_id: StrictStr | None = Field(None, description="The path's model; it may be left out.")
    performance_metrics_json: Said | None = _part("How well it does")
    drift_metrics_json: Said | None = _part("What drifts")
    data_freshness_json: Said | None = _part("How new its rows are")
    alerts_json: Said | None = _part("What is wrong")
    window: MlWindowIn | None = Field(None, description="Current rows, instead of those that its rules have.")
    data: StrictStr | None = Field(
        None,
        min_length=1,
        max_length=PATH_MOST,
        description="Current rows of a model that does not learn from candles: a path of your data root, `dataset:<id>`, or `predictions` "
        "for those that a recipe's model was asked about.",
    )
    labels: StrictStr | None = Field(
        None, min_length=1, max_length=PATH_MOST, description="A CSV file of labels in your data root, instead of those that were sent."
    )
    version: StrictStr | None = Field(None, max_length=60, description="The version, or an alias, instead of the one that serves.")

    @field_validator("performance_metrics_json", "drift_metrics_json", "data_freshness_json", "alerts_json")
    @classmethod
    def _can_be_kept(cls, said: Said | None) -> Said | None:
        if len(json.dumps(said)) > REPORTED_BYTES:
            msg = f"Must be at most {REPORTED_BYTES} bytes of JSON"
            raise ValueError(msg)
        return said

    @property
    def reported(self) -> Reported | None:
        """What is reported; None where a snapshot is to be computed. Raise InvalidError for a body that wants both."""
        parts = (self.performance_metrics_json, self.drift_metrics_json, self.data_freshness_json, self.alerts_json)
        if all(part is None for part in parts):
            return None
        if both := [name for name in ("window", "data", "labels", "version") if getattr(self, name) is not None]:
            raise InvalidError(NOT_BOTH, details={name: [NOT_BOTH] for name in both})
        return Reported(*(part or {} for part in parts))

    @property
    def asked(self) -> SnapshotAsked:
        """What is to be computed."""
        window = None if self.window is None else Window(start=self.window.start, end=self.window.end)
        return SnapshotAsked(window=window, data=self.data, labels=self.labels, version=self.version)


class MlLabelIn(StrictBody):
    """What came true of one prediction."""

    value: StrictFloat | StrictInt | StrictStr = Field(description="What came true: a number, or the name of a class.")
    prediction_id: StrictStr | None = Field(None, min_length=1, max_length=VALUE_MOST, description="The prediction's id.")
    timestamp: RowMoment | None = Field(None, description="Or the moment of its row: of candles, their close.")
    symbol: StrictStr | None = Field(None, min_length=1, max_length=60, description="With a timestamp: the symbol.")

    @property
    def label(self) -> Label:
        """Return it as the platform has it."""
        value = self.value if isinstance(self.value, str) else float(self.value)
        return Label(value=value, prediction_id=self.prediction_id, timestamp=self.timestamp, symbol=self.symbol)


class MlLabelsIn(StrictBody):
    """What came true."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rows": [{"timestamp": "2026-01-15T21:00:00Z", "symbol": "AAPL", "value": 0.0123}]}]}
    )

    rows: list[MlLabelIn] = Field(min_length=1, max_length=SENT_MOST, description="A row a label.")


class MlRulesIn(StrictBody):
    """Rules that are to be changed; what is left out stays, and null gives a rule its default back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"schedule": "7d", "thresholds": {"psi": 0.2}}]})

    schedule: StrictStr | None = Field(None, description="How often it is looked at in production: `7d`, `12h`, `never` or `default`.")
    window: StrictStr | None = Field(None, description="How far back current rows go: `30d`.")
    min_rows: StrictInt | None = Field(None, description="Fewer rows raise and resolve nothing.")
    cooldown: StrictStr | None = Field(None, description="How long the same cause is not told again after it was: `1d`.")
    resolve_below: StrictFloat | StrictInt | None = Field(None, description="Share of its threshold below which an alert is over.")
    data: StrictStr | None = Field(None, description="Current rows of a model that does not learn from candles.")
    labels: StrictStr | None = Field(None, description="A CSV file of labels in your data root.")
    thresholds: dict[str, StrictFloat | StrictInt | None] | None = Field(
        None,
        max_length=KEYS_MOST,
        description="From where a difference counts, one by one: " + ", ".join(answers.MlThresholds.model_fields),
    )


@routes.get(
    "/monitoring",
    summary="List snapshots of a model",
    response_description="A part of the list, the newest first.",
    responses=refused(FACE, NO_MODEL),
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_ml_snapshots(request: Request, model_id: ModelId, caller: Reader, use: Use) -> answers.MlSnapshots:
    """Show what was computed and what was reported, each with its source; the bins of features are at each one's own address."""
    part = PAGES.read(request)
    wanted = SnapshotFilter(
        caller.account_id,
        model_id,
        read_filter(request, "status", known=list(SnapshotStatus)) or SnapshotStatus.DONE,
        read_filter(request, "source", known=list(SnapshotSource)),
        _since(request),
    )
    page = await use.find(wanted, part)
    return answers.MlSnapshots(snapshots=[snapshot_of(each) for each in page.items], total=page.count)


@routes.post(
    "/monitoring",
    status_code=status.HTTP_201_CREATED,
    summary="Create a snapshot of a model",
    response_description="What you have reported.",
    response_model=answers.MlSnapshot,
    responses=COMING | refused(FACE, NO_MODEL, NOT_TRAINED, 402, 504),
)
@starts_work
async def create_ml_snapshot(  # noqa: PLR0917 - FastAPI gives them by name
    model_id: ModelId, caller: Maker, work: CurrentWork, use: Use, response: Response, body: MlSnapshotIn | None = None
) -> answers.MlSnapshot:
    """With metrics: keep a report (201, `source: reported`). Without: compute a snapshot as a job (202), charged as other jobs."""
    given = body or MlSnapshotIn()
    same_as(model_id, given.model_id, field="model_id")
    if (reported := given.reported) is not None:
        return snapshot_of(await use.report(model_id, reported, account_id=caller.account_id, work=work))
    job = await use.ask(model_id, given.asked, caller=caller, work=work)
    response.status_code = status.HTTP_202_ACCEPTED
    snapshot_id = str((job.spec or {})["snapshot_id"])
    return snapshot_of(await use.get(snapshot_id, model_id=model_id, account_id=caller.account_id))


@routes.get("/monitoring/rules", summary="Get the rules by which a model is watched", responses=refused(FACE, NO_MODEL))
async def get_ml_rules(model_id: ModelId, caller: Reader, use: Use) -> answers.MlWatch:
    """Tell how often it is looked at, from where a difference counts, when that is next, and what came of the last time."""
    watch = await use.watch(model_id, account_id=caller.account_id)
    return watch_of(watch, model=await use.model(model_id, account_id=caller.account_id), default=use.every)


@routes.put("/monitoring/rules", summary="Change the rules by which a model is watched", responses=refused(FACE, NO_MODEL))
async def change_ml_rules(model_id: ModelId, body: MlRulesIn, caller: Maker, use: Use) -> answers.MlWatch:
    """Change those that are sent: what is left out stays, and null gives a rule its default back. It holds from the next snapshot on."""
    change = body.model_dump(exclude_unset=True)
    watch = await use.rules(model_id, change, account_id=caller.account_id)
    return watch_of(watch, model=await use.model(model_id, account_id=caller.account_id), default=use.every)


@routes.get(
    "/monitoring/alerts",
    summary="List the alerts of a model",
    response_description="The alerts, those that do most harm first, then those that are over, the latest first.",
    responses=refused(FACE, NO_MODEL),
    openapi_extra={"parameters": [query("state", "Alerts of this state.", enum=list(STATES)), *PAGES.parameters]},
)
async def list_ml_alerts(request: Request, model_id: ModelId, caller: Reader, use: Use) -> answers.MlAlerts:
    """Show what is open, one alert for each cause, and what was; computed snapshots raise and resolve them."""
    part, state = PAGES.read(request), read_filter(request, "state", known=STATES)
    watch = await use.watch(model_id, account_id=caller.account_id)
    parts = {"open": watch.open, "resolved": watch.resolved}
    found = [alert for name, alerts in parts.items() if state in {None, name} for alert in alerts]
    return answers.MlAlerts(alerts=[alert_of(each) for each in found[part.skipped :][: part.size]], total=len(found))


@routes.get("/monitoring/{snapshot_id}", summary="Get a snapshot of a model", responses=refused(FACE, NO_SNAPSHOT))
async def get_ml_snapshot(model_id: ModelId, snapshot_id: SnapshotId, caller: Reader, use: Use) -> answers.MlSnapshot:
    """Show it with the bins of its features, or how far it is while its job is at work."""
    return snapshot_of(await use.get(snapshot_id, model_id=model_id, account_id=caller.account_id))


@routes.get(
    "/monitoring/{snapshot_id}/report",
    summary="Get the page of a snapshot",
    response_class=Response,
    responses={200: REPORT, 304: SAME, **refused(FACE, NO_SNAPSHOT, PlotMissingError("It is no longer in the artifact store."))},
    openapi_extra={"parameters": [PARAMETER]},
)
async def get_ml_snapshot_report(request: Request, model_id: ModelId, snapshot_id: SnapshotId, caller: Reader, use: Use) -> Response:
    """One page that stands alone: reference beside now for each feature, performance measured and estimated, and what is not computed."""
    sha256, page = await use.page(snapshot_id, model_id=model_id, account_id=caller.account_id)
    body = None if has(request, sha256) else page
    return kept_answer(body, sha256=sha256, media_type="text/html; charset=utf-8", policy=f"{DRAWN_POLICY}; img-src data:")


@routes.post("/labels", summary="Send what came true", responses=refused(FACE, NO_MODEL))
async def send_ml_labels(model_id: ModelId, body: MlLabelsIn, caller: Maker, use: Use) -> answers.MlLabels:
    """Keep labels of predictions, each once: what is sent again takes the place of what was there. The next snapshot measures by them."""
    return labels_of(await use.labels(model_id, [each.label for each in body.rows], account_id=caller.account_id))


def _since(request: Request) -> datetime | None:
    text = request.query_params.get("since")
    if text is None:
        return None
    try:
        moment: datetime | None = datetime.fromisoformat(text)
        moment = moment_of_row(moment) if moment and moment.tzinfo else None
    except ValueError:
        moment = None
    if moment is None:
        why = f"'{text[:60]}' is no moment such as 2026-01-15T00:00:00Z: a date, a time and its zone."
        raise InvalidQueryError(why, details={"since": [why]})
    return moment
