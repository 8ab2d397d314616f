"""An operator builds the gateway's view of other services' documents anew, with the command, on a platform that runs."""

import re
from pathlib import Path

import pytest
from pymongo import MongoClient

from modelbourse import Modelbourse
from tests.client.command import Command
from tests.client.people import Person
from tests.journeys.platform import Platform
from tests.journeys.test_cli import ADMIN, make_admin

pytestmark = pytest.mark.journey


def test_jobs_that_the_gateway_has_lost_are_shown_again_after_a_rebuild(
    platform: Platform, ada_client: Modelbourse, trained: str, tmp_path: Path
) -> None:
    make_admin(platform)
    admin = Command(platform.gateway, tmp_path).log_in(Person(platform.gateway, ADMIN["USERNAME"], ADMIN["PASSWORD"]))
    known = ada_client.jobs.page(model_id=trained).results
    with MongoClient[dict[str, object]](platform.status()["mongodb"]) as mongo:
        mongo["modelbourse_gateway"]["jobs"].delete_many({"model_id": trained})
    lost = ada_client.jobs.page(model_id=trained).results

    done = admin("admin", "rebuild", "jobs", "charges")
    checked = admin("admin", "ledger", "check", "--json")

    shown = admin("admin", "platform")

    assert done.status == 0, done.err
    assert re.search(r"^jobs: all \d+ done$", done.out, re.MULTILINE), done.out
    assert (checked.status, checked.json["faults"], checked.json["accounts"] > 0) == (0, [], True), checked.out
    # What was expected of a job before it began is known to nobody any more.
    assert [job.model_copy(update={"estimated_completion": None}) for job in ada_client.jobs.page(model_id=trained).results] == [
        job.model_copy(update={"estimated_completion": None}) for job in known
    ]
    assert known
    assert lost == []
    assert shown.status == 0, shown.err
    assert {"release", "profile", "health"} <= set(next(line for line in shown.out.splitlines() if line.startswith("service ")).split())
    assert {f"{service} " for service in ("gateway", "inference", "marketplace", "monitoring", "training")} <= {
        f"{line.split()[0]} " for line in shown.out.splitlines() if "all checks pass" in line
    }
