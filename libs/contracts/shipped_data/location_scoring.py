"""Data sets of places that ship, and the roles of columns in the family `location_scoring`."""

from typing import Final

from libs.contracts.recipe_data import DataColumn, DataRole, ShippedData

LOCATION_SCORING_ROLES: Final = (
    DataRole(name="x", kind="number", description="Where the place is, eastward, in a plane's unit; or its longitude in degrees."),
    DataRole(name="y", kind="number", description="Where the place is, northward; or its latitude in degrees."),
    DataRole(
        name="target",
        kind="number",
        description="What the place was worth; empty for a candidate, which is scored.",
        required=False,
        withheld=True,
    ),
    DataRole(name="id", kind="category", description="The place's name or number.", required=False),
    DataRole(
        name="group",
        kind="category",
        description="What several places belong to, such as a county; for the split `groups`.",
        required=False,
    ),
)
LOCATION_SCORING_DATA: Final = (
    ShippedData(
        name="baltimore_houses",
        family="location_scoring",
        title="Houses sold in Baltimore, 1978",
        columns=(
            DataColumn(name="station", kind="category", description="The sale's number."),
            DataColumn(name="x", kind="number", description="Eastward on the Maryland grid, in units of the table."),
            DataColumn(name="y", kind="number", description="Northward on the Maryland grid, in units of the table."),
            DataColumn(name="price", kind="number", description="Of the sale, in thousand US dollars."),
            DataColumn(name="rooms", kind="number", description="Number of rooms."),
            DataColumn(name="detached", kind="flag", description="Whether it is a detached house."),
            DataColumn(name="baths", kind="number", description="Number of bathrooms."),
            DataColumn(name="patio", kind="flag", description="Whether it has a patio."),
            DataColumn(name="fireplace", kind="flag", description="Whether it has a fireplace."),
            DataColumn(name="air_conditioning", kind="flag", description="Whether it has air conditioning."),
            DataColumn(name="basement", kind="number", description="Of what extent its basement is, 0 to 3."),
            DataColumn(name="storeys", kind="number", description="Number of storeys."),
            DataColumn(name="garage", kind="number", description="Cars that its garage holds."),
            DataColumn(name="age", kind="number", description="In years."),
            DataColumn(name="county", kind="flag", description="Whether it lies in Baltimore County, not in the city."),
            DataColumn(name="lot", kind="number", description="Size of the lot, in hundred square feet."),
            DataColumn(name="floor", kind="number", description="Living space, in hundred square feet."),
        ),
        roles={"x": "x", "y": "y", "target": "price", "id": "station"},
        rows=211,
        source="The sample `baltim` of the package libpysal 4.14.1, from Dubin (1992), Spatial autocorrelation and neighborhood quality.",
        licence="The package is under BSD-3-Clause; it names the paper and states no licence of the table.",
        synthetic=False,
    ),
    ShippedData(
        name="berlin_rentals",
        family="location_scoring",
        title="Rooms and flats for short stays in Prenzlauer Berg, Berlin",
        columns=(
            DataColumn(name="x", kind="number", description="Eastward, in metres of Web Mercator: 1.6 to a metre on the ground there."),
            DataColumn(name="y", kind="number", description="Northward, in the same."),
            DataColumn(name="price", kind="number", description="Of a night, in US dollars."),
            DataColumn(name="guests", kind="number", description="How many it takes."),
            DataColumn(name="rating", kind="number", description="Mean review, out of 100."),
            DataColumn(name="bedrooms", kind="number", description="Number of bedrooms."),
            DataColumn(name="bathrooms", kind="number", description="Number of bathrooms."),
            DataColumn(name="beds", kind="number", description="Number of beds."),
        ),
        roles={"x": "x", "y": "y", "target": "price"},
        rows=2_203,
        source="The sample `berlin` of the package libpysal 4.14.1, from Oshan et al. (2018) on geographically weighted regression.",
        licence="The package is under BSD-3-Clause; it names the paper and states no licence of the table, which was read from a site of "
        "offers.",
        synthetic=False,
    ),
)
