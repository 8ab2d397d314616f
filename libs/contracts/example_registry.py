"""Examples of what is told of the registry and of recipes."""

from datetime import timedelta
from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, MODEL, event
from libs.contracts.recipes import RecipeChanged
from libs.contracts.registry import RegisteredVersionTold, RegistryChanged

REGISTRY: Final[tuple[Message, ...]] = (
    RegistryChanged(
        **event("01ke6x9q4ck0m6p9s2v5x8z1bd", 2, 90),
        registry_id="registry_01ke6x9p8vf3h7k2n5q9s4w1yc",
        account_id=ACCOUNT,
        name="momentum",
        changed=(
            RegisteredVersionTold(
                number=1,
                model_id=MODEL,
                model_version="1.0",
                job_id=JOB,
                status="production",
                description="Two shares, two features",
                tags=("production-ready",),
                metrics={"accuracy": 0.4106, "sharpe_ratio": 0.2368},
                reported={"accuracy": 0.85},
                created_at=BEGIN + timedelta(minutes=80),
            ),
        ),
        production=1,
        aliases={"champion": 1},
    ),
    RecipeChanged(
        **event("01ke6x9r5dk1n7q0t3w6y9z2ce", 3, 92),
        recipe_id="recipe_01ke6x0k5wfar9t2v5x8z1b4ce",
        account_id=ACCOUNT,
        change="version_added",
        name="Retail Pricing v1",
        model_family="pricing",
        level="industry",
        status="approved",
        parent_id="recipe_pricing_base",
        tags=("retail",),
        version_id="ver_01ke6x0m6xfbs0v3w6y9a2c5df",
        version_number="1.1.0",
    ),
)
