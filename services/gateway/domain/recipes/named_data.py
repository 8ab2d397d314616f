"""What a manifest names of its data, as far as that is known before they are read: data sets that ship, roles, and their columns."""

from collections.abc import Iterator

from libs.contracts.manifests.manifest import SHIPPED, Manifest
from libs.contracts.names import did_you_mean, listed
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.families import ROLES, SHIPPED_DATA, unfit_columns, why_no_role, why_not_shipped

# Where, and what is wrong there.
Problem = tuple[tuple[str, ...], str]


def data_problems(manifest: Manifest, *, family: Family) -> Iterator[Problem]:
    """Yield each place that names what there is not, with what there is."""
    kind, name = manifest.data.place
    shipped = SHIPPED_DATA.get(name) if kind == SHIPPED else None
    columns = {**(shipped.roles if shipped and shipped.family == family else {}), **manifest.data.columns}
    yield from unfit_columns(columns, manifest.features, family=family)
    for role in manifest.data.columns:
        if why := why_no_role(role, family=family):
            yield ("data", "columns", role), why
    if kind != SHIPPED:
        for each in ROLES[family]:
            if each.required and each.name not in manifest.data.columns:
                words = f"No column plays the role `{each.name}` ({each.description.lower().rstrip('.')}): data of your own do not say."
                yield ("data", "columns"), words
    elif why := why_not_shipped(name, family=family):
        yield ("data", "source"), why
    else:
        yield from _columns(manifest, [each.name for each in SHIPPED_DATA[name].columns])


def _columns(manifest: Manifest, known: list[str]) -> Iterator[Problem]:
    asked: list[Problem] = [(("data", "columns", role), column) for role, column in manifest.data.columns.items()]
    asked += [(("data", "filters", str(number), "column"), each.column) for number, each in enumerate(manifest.data.filters)]
    asked += [(("features", str(number)), column) for number, column in enumerate(manifest.features)]
    for place, column in asked:
        if column not in known:
            yield place, f"The data have no column '{column[:60]}'; they have {listed(known)}.{did_you_mean(column, known)}"
