"""Which images there are and what each holds; on the standard library alone, as an image's build begins with nothing else."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Image:
    """`extras` of pyproject.toml that it installs, the service whose code it holds, and whether it has the packaged market data.

    `backbones` says whether it has the packaged transformer, too.
    `most_mb` is how large it may be, in MB of files with its base; None where nothing is promised.
    """

    extras: tuple[str, ...]
    service: str
    market_data: bool = False
    backbones: bool = False
    most_mb: int | None = None


# Those that open artifacts know S3.
IMAGES: Final = {
    "gateway": Image(("gateway", "s3"), "gateway", most_mb=250),
    "training": Image(("training", "s3"), "training", market_data=True, backbones=True),
    "inference": Image(("inference", "s3"), "inference", market_data=True),
    "marketplace": Image(("marketplace",), "marketplace", most_mb=200),
    "monitoring": Image(("monitoring",), "monitoring", most_mb=200),
    # Ray's head and workers, where runners train: with the libraries of live sources, which runners ask.
    "ray": Image(("training", "s3", "ccxt", "alpaca"), "training", market_data=True, backbones=True),
}


def image(name: str) -> Image:
    """Return the image of this name; raise SystemExit with a sentence for another."""
    if name not in IMAGES:
        msg = f"there is no image {name!r}; SERVICE is one of {', '.join(IMAGES)}"
        raise SystemExit(msg)
    return IMAGES[name]
