"""Datasets: one's own, live and packaged ones, with what their check found and their first rows."""

from typing import Any, Final
from urllib.parse import quote

from services.gateway.inbound.pages.page import Action, Facts, Page, Read, Upload, filled

DATASETS: Final = "/app/datasets"
API: Final = "/v1/ai/datasets"
SIZE: Final = 20
KINDS: Final = ("candles", "text", "table")
SAID: Final = ("name", "kind", "symbol", "timeframe", "tz", "calendar")
TAKEN: Final = "The file has come and is being checked."


def _shape(facts: Facts) -> dict[str, Any]:
    return {"own": facts["dataset"]["source"] == "uploaded"}


PAGES: Final = (
    Page(
        path=DATASETS,
        template="datasets.html",
        title="Datasets",
        reads={"datasets": Read(API, size=SIZE)},
        shape=lambda _: {"size": SIZE, "kinds": KINDS},
        upload=Upload("POST", lambda _: API, SAID, SAID, goes=lambda answer, _: f"{DATASETS}/{answer['dataset_id']}", done=TAKEN),
    ),
    Page(
        path=f"{DATASETS}/{{dataset_id}}",
        template="dataset.html",
        title=lambda facts: str(facts["dataset"]["name"]),
        crumbs=((DATASETS, "Datasets"),),
        reads={
            "dataset": Read(f"{API}/{{dataset_id}}"),
            "versions": Read(f"{API}/{{dataset_id}}/versions", fixed={"limit": 20}, needed=False),
        },
        shape=_shape,
        actions={
            "rename": Action("PATCH", f"{API}/{{dataset_id}}", lambda form: filled(form, "name"), done="It has its new name."),
            "delete": Action("DELETE", f"{API}/{{dataset_id}}", goes=lambda *_: DATASETS, done="The dataset is deleted."),
        },
        upload=Upload(
            "POST",
            lambda form: f"{API}/{quote(form['dataset_id'], safe='')}/versions",
            ("revise",),
            ("revise",),
            goes=lambda answer, _: f"{DATASETS}/{answer['dataset_id']}",
            done=TAKEN,
        ),
    ),
)
FILES: Final = {
    f"{DATASETS}/{{dataset_id}}/health.html": f"{API}/{{dataset_id}}/health.html",
    f"{DATASETS}/{{dataset_id}}/download": f"{API}/{{dataset_id}}/download",
}
