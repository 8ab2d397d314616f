"""Which packages an image holds, worked out offline from the metadata of what is installed here, where every extra is."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement

from deploy.images.needs import needs
from deploy.images.pins import canonical


def closure(extras: Iterable[str]) -> frozenset[str]:
    """Return the canonical names of all packages that the project with these extras stands on, its own left out."""
    open_ends, done = [Requirement(one) for one in needs(extras)], set[tuple[str, frozenset[str]]]()
    while open_ends:
        requirement = open_ends.pop()
        asked = (canonical(requirement.name), frozenset(requirement.extras))
        if asked not in done:
            done.add(asked)
            open_ends += _asked_by(requirement)
    return frozenset(name for name, _ in done)


def _asked_by(requirement: Requirement) -> list[Requirement]:
    try:
        asked = [Requirement(one) for one in requires(requirement.name) or ()]
    except PackageNotFoundError:
        return []  # It is told as missing where its licence is looked for.
    return [one for one in asked if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in {"", *requirement.extras})]
