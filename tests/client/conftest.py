"""One platform for all that speak to it from outside, the client and the command; it ends with the last of their stories."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelbourse import Job, Modelbourse
from modelbourse.answers.trainings import TrainingEstimated
from tests.client.command import Command
from tests.client.people import Person
from tests.journeys.customer import small_model
from tests.journeys.platform import Platform, platform_running

# So short that whoever trains anything lives through renewals.
TOKEN_LIFE_S = 3
FREE_AN_HOUR = 8


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose access tokens end soon, and whose free accounts may ask little."""
    settings = {"GATEWAY_ACCESS_TOKEN_LIFE": str(TOKEN_LIFE_S), "GATEWAY_RATE_LIMITS": json.dumps({"ai_studio": {"free": FREE_AN_HOUR}})}
    with platform_running(tmp_path_factory.mktemp("platform"), broker="embedded", kafka_home=None, **settings) as platform:
        yield platform


@pytest.fixture(scope="package")
def ada(platform: Platform) -> Person:
    """Somebody with an account."""
    return Person(platform.gateway).sign_up()


@pytest.fixture(scope="package")
def ada_client(ada: Person) -> Iterator[Modelbourse]:
    """Her client."""
    with ada.client() as client:
        yield client


@pytest.fixture(scope="package")
def trained(ada_client: Modelbourse) -> str:
    """A model of hers that serves."""
    model = ada_client.models.create(**small_model("Momentum"))
    ada_client.models.train(model.id).wait()
    return model.id


@dataclass(frozen=True)
class Trained:
    """A model, what its training was estimated to take before, and the training."""

    model_id: str
    before: TrainingEstimated
    job: Job


@pytest.fixture(scope="package")
def shorter(ada_client: Modelbourse) -> Trained:
    """A second model of hers that serves, trained on fewer years."""
    draft = small_model("Shorter")
    draft["training_config"] |= {"start_date": "2006-01-01", "end_date": "2011-12-30"}
    model_id = ada_client.models.create(**draft).id
    before = ada_client.models.estimate(model_id)
    job = ada_client.models.train(model_id)
    job.wait()
    return Trained(model_id, before, job)


@pytest.fixture
def newcomer(platform: Platform) -> Person:
    """Somebody whose account is as good as empty."""
    return Person(platform.gateway).sign_up()


@pytest.fixture
def client(newcomer: Person) -> Iterator[Modelbourse]:
    """The newcomer's client."""
    with newcomer.client() as client:
        yield client


@pytest.fixture(scope="package")
def ada_types(platform: Platform, ada: Person, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command as Ada runs it, logged in."""
    return Command(platform.gateway, tmp_path_factory.mktemp("ada")).log_in(ada)


@pytest.fixture
def command(platform: Platform, tmp_path: Path) -> Command:
    """The command, run by somebody who is not logged in."""
    return Command(platform.gateway, tmp_path)


@pytest.fixture
def types(command: Command, newcomer: Person) -> Command:
    """The command as the newcomer runs it, logged in."""
    return command.log_in(newcomer)
