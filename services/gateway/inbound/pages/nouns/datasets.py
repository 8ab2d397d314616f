"""Datasets: one's own, live and packaged ones, with what their check found and their first rows."""

from typing import Any, Final

from services.gateway.inbound.pages.page import Action, Facts, Page, Read, filled

DATASETS: Final = "/app/datasets"
API: Final = "/v1/ai/datasets"
SIZE: Final = 20


def _shape(facts: Facts) -> dict[str, Any]:
    return {"own": facts["dataset"]["source"] == "uploaded"}


PAGES: Final = (
    Page(
        path=DATASETS,
        template="datasets.html",
        title="Datasets",
        reads={"datasets": Read(API, size=SIZE)},
        shape=lambda _: {"size": SIZE},
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
    ),
)
FILES: Final = {f"{DATASETS}/{{dataset_id}}/health.html": f"{API}/{{dataset_id}}/health.html"}
