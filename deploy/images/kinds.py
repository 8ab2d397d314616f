"""Which images there are and what each holds; on the standard library alone, as an image's build begins with nothing else."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Image:
    """`extras` of pyproject.toml that it installs, the service whose code it holds, whether market data lies in it (data-requirements.txt)."""

    extras: tuple[str, ...]
    service: str
    market_data: bool = False


# Every service is told where artifacts lie, and refuses to start where it could not open that store: so all of them know S3.
IMAGES: Final = {
    "gateway": Image(("gateway", "s3"), "gateway"),
    "training": Image(("training", "s3"), "training", market_data=True),
    "inference": Image(("inference", "s3"), "inference", market_data=True),
    "marketplace": Image(("marketplace", "s3"), "marketplace"),
    "monitoring": Image(("monitoring", "s3"), "monitoring"),
    # Ray's head and workers, where runners train: with the libraries of live sources, which runners ask.
    "ray": Image(("training", "s3", "ccxt", "alpaca"), "training", market_data=True),
}


def image(name: str) -> Image:
    """Return the image of this name; raise SystemExit with a sentence for another."""
    if name not in IMAGES:
        raise SystemExit(f"there is no image {name!r}; SERVICE is one of {', '.join(IMAGES)}")
    return IMAGES[name]
