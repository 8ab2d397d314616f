"""People with accounts, and the models they make."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from modelbourse import Modelbourse, Retries
from tests.journeys.customer import small_model

# A gateway that was killed is back within seconds, on a busy machine in more.
PATIENT = Retries(attempts=120, first=0.2, most=1.0)


@dataclass(frozen=True)
class Person:
    """An account at a gateway."""

    url: str
    username: str = field(default_factory=lambda: f"user-{secrets.token_hex(5)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def sign_up(self) -> "Person":
        """Make the account, once the gateway that another story has killed is back."""
        account = {"username": self.username, "email": f"{self.username}@example.com", "password": self.password}
        deadline, good = time.monotonic() + 180, {201}
        while True:
            try:
                answer = httpx.post(f"{self.url}/auth/register", json=account, timeout=30)
            except httpx.TransportError:
                good = {201, 409}  # It may have been made before the answer was lost.
            else:
                if answer.status_code in good:
                    return self
                assert answer.status_code == 503, answer.text
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def client(self, retries: Retries = PATIENT) -> Modelbourse:
        """Return a client that is logged in."""
        return Modelbourse.login(self.username, self.password, url=self.url, retries=retries)


def slow_model(name: str) -> dict[str, Any]:
    """A model whose training takes much longer than a story about it."""
    model = small_model(name, trees=2000)
    return model | {"hyperparameters": model["hyperparameters"] | {"max_depth": 12}}


def hopeless_model(name: str) -> dict[str, Any]:
    """A model whose training fails: two months are too few rows."""
    model = small_model(name)
    return model | {"training_config": model["training_config"] | {"start_date": "2012-11-01", "end_date": "2012-12-31"}}
