"""Places as a learner sees them: where they are, what is there, and what is near; nothing of a place's own area tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sklearn.cluster import KMeans

from libs.contracts.manifests.location_scoring import LocationObjective, LocationSplit
from libs.quant.candles import Floats, Integers
from libs.quant.spatial import grid_blocks
from services.training.recipes.table import Table

KILOMETRES: Final = 111.195
"""Of a degree of latitude: the mean Earth's radius of 6,371 km times π / 180."""
STARTS: Final = 4
SMALLEST: Final = 1e-9
"""Distance of places that are the same."""
SEARCHED: Final = 8
"""Times as many neighbours are looked up first as are wanted, as those of the own area do not count."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """How coordinates become a plane's: as they are, or degrees to km about a middle latitude (equirectangular, good for a city)."""

    middle: float | None

    @classmethod
    def of(cls, table: Table, *, objective: LocationObjective) -> "Plane":
        """Return the plane that all of the table's places are put on."""
        return cls(float(np.mean(table.numbers("y"))) if objective.coordinates == "degrees" else None)

    def xy(self, x: Floats, y: Floats) -> Floats:
        """Return places (rows, 2)."""
        if self.middle is None:
            return np.stack([x, y], axis=1)
        return np.stack([x * np.cos(np.radians(self.middle)), y], axis=1) * KILOMETRES


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """The places that were learned from: what the nearest of them were worth, and how many there are.

    `xy` (places, 2), `values` (places,) and `area` (places,), the block of each: of a place that was learned from, others of its own area
    do not tell, as none of a held-out area is known either.
    """

    xy: Floats
    values: Floats
    area: Integers
    centres: Floats
    neighbours: int
    bandwidth: float
    names: tuple[str, ...]

    @classmethod
    def of(cls, xy: Floats, values: Floats, *, area: Integers, objective: LocationObjective, plane: Plane, seed: int) -> "Near":
        """Take places to learn from; without a bandwidth it is the median distance to the last neighbour."""
        count = min(objective.neighbours, max(1, len(xy) - 1))
        bandwidth = objective.bandwidth
        if bandwidth is None:
            distances, _ = cKDTree(xy).query(xy, k=count + 1)
            bandwidth = float(np.median(distances[:, -1])) or 1.0
        return cls(
            xy, values, area, _centres(xy, objective=objective, plane=plane, seed=seed), count, bandwidth, objective.spatial_features
        )

    def columns(self, xy: Floats, *, area: Integers | None) -> tuple[Floats, tuple[str, ...]]:
        """Return what is near each place (rows, columns) and the columns' names.

        With `area` (rows,) the places are those that were learned from, in order, and of their own area none tells what it was worth.
        """
        found: list[Floats] = []
        names: list[str] = []
        means = {**self._means(xy, area=area), "density": self._density(xy, learned=area is not None)}
        for name in self.names:
            match name:
                case "neighbour_mean" | "kernel_mean" | "density":
                    found.append(means[name][:, None])
                    names.append(name)
                case "centre_distance":
                    apart = np.sqrt(((xy[:, None, :] - self.centres[None, :, :]) ** 2).sum(axis=2))
                    found.append(apart)
                    names += [f"centre_distance_{place + 1}" for place in range(len(self.centres))]
                case "coordinates":
                    found.append(xy)
                    names += ["eastward", "northward"]
        return (np.concatenate(found, axis=1) if found else np.empty((len(xy), 0))), tuple(names)

    def nearest_mean(self, xy: Floats) -> Floats:
        """Return the mean worth of each place's nearest others (rows,)."""
        return self._means(xy, area=None)["neighbour_mean"]

    def _means(self, xy: Floats, *, area: Integers | None) -> dict[str, Floats]:
        distances, places, counted = self._others(xy, area=area)
        known = counted.any(axis=1)
        worth = self.values[places]
        mean = np.where(counted, worth, 0.0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
        # Gaussian kernel over the same neighbours (Nadaraya 1964, Watson 1964), relative to the nearest, so that far places keep a weight.
        nearest = np.where(counted, distances, np.inf).min(axis=1)
        gap = np.where(counted, distances**2 - np.where(known, nearest, 0.0)[:, None] ** 2, np.inf)
        weight = np.exp(-gap / (2 * self.bandwidth**2))
        kernel = (weight * worth).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-300)
        overall = float(self.values.mean())
        return {"neighbour_mean": np.where(known, mean, overall), "kernel_mean": np.where(known, kernel, overall)}

    def _others(self, xy: Floats, *, area: Integers | None) -> tuple[Floats, Integers, NDArray[np.bool_]]:
        """Return distances and places of the nearest others (rows, neighbours), and which of them there are."""
        looked = min(len(self.xy), self.neighbours * SEARCHED if area is not None else self.neighbours)
        distances, places = (each.reshape(len(xy), -1) for each in cKDTree(self.xy).query(xy, k=looked))
        other = np.ones(places.shape, dtype=bool) if area is None else self.area[places] != area[:, None]
        first = np.argsort(~other, axis=1, kind="stable")[:, : self.neighbours]
        distances, places, counted = (np.take_along_axis(each, first, axis=1) for each in (distances, places, other))
        if area is None or looked == len(self.xy):
            return distances, places, counted
        # In the midst of a large area all that are near are of it: the nearest of the other areas are looked up among these alone.
        lacking = ~counted.all(axis=1)
        for one in np.unique(area[lacking]):
            rows, others = np.flatnonzero(lacking & (area == one)), np.flatnonzero(self.area != one)
            count = min(self.neighbours, len(others))
            counted[rows] = np.arange(counted.shape[1]) < count
            if count:
                apart, at = (each.reshape(len(rows), -1) for each in cKDTree(self.xy[others]).query(xy[rows], k=count))
                distances[rows, :count], places[rows, :count] = apart, others[at]
        return distances, places, counted

    def _density(self, xy: Floats, *, learned: bool) -> Floats:
        """Return the logarithm of how many places there are by area of the circle of the nearest (rows,), the own one not counted."""
        count = min(self.neighbours + learned, len(self.xy))
        distances, _ = cKDTree(self.xy).query(xy, k=count)
        last = distances.reshape(len(xy), -1)[:, -1]
        found: Floats = np.log(max(count - learned, 1) / (np.pi * np.maximum(last, SMALLEST) ** 2))
        return found


def areas_of(xy: Floats, *, split: LocationSplit, seed: int) -> Integers:
    """Return the area (rows,) of each place: a cell of a grid, or a cluster."""
    if split.blocks == "grid":
        return grid_blocks(xy, per_side=max(2, int(np.sqrt(split.block_count))))
    distinct = len(np.unique(xy, axis=0))
    count = min(split.block_count, max(2, distinct // 2))
    found: Integers = KMeans(count, n_init=STARTS, random_state=seed).fit_predict(xy).astype(np.int64)
    return found


def neighbour_places(xy: Floats, *, count: int) -> Integers:
    """Return the places of each one's nearest others (rows, count), itself not among them."""
    _, places = cKDTree(xy).query(xy, k=min(count + 1, len(xy)))
    others = [[each for each in row if each != own][:count] for own, row in enumerate(places.tolist())]
    return np.array(others, dtype=np.int64)


def _centres(xy: Floats, *, objective: LocationObjective, plane: Plane, seed: int) -> Floats:
    told: Any = objective.centres
    if isinstance(told, int):
        if told <= 1:
            return np.median(xy, axis=0)[None, :]
        return np.asarray(KMeans(min(told, len(xy)), n_init=STARTS, random_state=seed).fit(xy).cluster_centers_)
    points: Sequence[tuple[float, float]] = told
    return plane.xy(np.array([each[0] for each in points]), np.array([each[1] for each in points]))
