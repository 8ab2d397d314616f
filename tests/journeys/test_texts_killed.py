"""A sentiment model on real processes: reported on, trained by a runner that is killed (-9), exported in every format, validated, in production."""

import json
import random
from typing import Any

import pytest

from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.journeys.text_customer import API, finished, said, send
from tests.training.texts.headlines import headlines
from tests.waiting import until

pytestmark = [pytest.mark.journey, pytest.mark.soak]
SETTINGS = {"method": "last_layers", "last_layers": 1, "num_epochs": 3, "batch_size": 8, "learning_rate": 0.001}
FORMATS = "onnx,torchscript,triton"


async def begun(customer: Customer, experiment: str) -> str:
    """Start a training, and return its path."""
    body = {"data_path": "data/headlines.json", "experiment_name": experiment, "config": {"training": SETTINGS}}
    return f"/training/{(await said(customer, 'POST', '/training/start', body=body))['job_id']}"


async def killed_half_way(customer: Customer, path: str, platform: Platform) -> None:
    """kill -9 the runner of a training that has kept its first epoch."""

    async def learns() -> bool:
        return (await said(customer, "GET", path))["metrics"]["val_loss"] is not None

    async def killed() -> bool:
        return platform.kill_an_actor(random.Random(0)) is not None

    await until(learns, what="the end of an epoch")
    await until(killed, what="a runner at work")


async def files_of(customer: Customer, run: dict[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each file of a run's model, by name."""
    folder = f"{run['output_dir']}/model/"
    page = await said(customer, "GET", f"/files?prefix={folder}&limit=100")
    return {file["path"].removeprefix(folder): file["sha256"] for file in page["items"]}


@pytest.mark.timeout(900)
async def test_a_training_whose_runner_is_killed_makes_the_same_model_which_is_exported_and_serves(platform: Platform) -> None:
    # Given a report on headlines, and two trainings on them, of which one loses its runner on the way
    ada = await Customer(platform.gateway).sign_up()
    await send(ada, "data/headlines.json", json.dumps(headlines(150)).encode())
    report = await said(ada, "POST", "/data/report", body={"data_path": "data/headlines.json"})
    reported = await finished(ada, f"/data/report/{report['report_id']}")
    page = await ada.http.get(f"{API}/files/{reported['output_path']}")
    path = await begun(ada, "disturbed")
    await killed_half_way(ada, path, platform)
    disturbed = await finished(ada, path)
    calm = await finished(ada, await begun(ada, "calm"))

    # When the model is exported in every format, validated and put into production
    model = f"{disturbed['output_dir']}/model"
    asked = {"model_path": model, "output_dir": "models/exported", "format": FORMATS, "test_data": "data/headlines.json"}
    export = await finished(ada, f"/export/{(await said(ada, 'POST', '/export', body=asked))['export_id']}")
    again = {"model_path": "models/exported/model.onnx", "test_data": "data/headlines.json"}
    validated = await finished(ada, f"/export/{(await said(ada, 'POST', '/export/validate', body=again))['export_id']}")
    registered = {"model_path": model, "run_id": disturbed["job_id"], "name": "disturbed", "stage": "Production"}
    await said(ada, "POST", "/registry/register", body=registered)
    told = await said(ada, "POST", "/predict", body={"model": "models:/disturbed/Production", "texts": ["Acme beats estimates in Asia"]})

    # Then the killed training has made what the other one has, to the byte, and it serves
    assert page.text.startswith("<!DOCTYPE html>")
    assert disturbed["attempt"] > 1
    one, other = await files_of(ada, disturbed), await files_of(ada, calm)
    assert [name for name in one if name != "manifest.json" and one[name] != other[name]] == []
    assert disturbed["result"]["metrics"] == calm["result"]["metrics"]
    assert (export["validation_passed"], validated["validation_passed"]) == (True, True)
    assert set(export["output_paths"]) == set(FORMATS.split(","))
    assert [each["label"] for each in told["predictions"]] == ["positive"]
    await ada.close()
