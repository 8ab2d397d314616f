"""Data sets of customers, actions and what came of them that ship, and the roles of columns in the family `next_best_action`."""

from typing import Final

from libs.contracts.recipe_data import DataColumn, DataRole, ShippedData

NEXT_BEST_ACTION_ROLES: Final = (
    DataRole(
        name="action",
        kind="category",
        description="What was done to the customer; one word is of those to whom nothing was done.",
        withheld=True,
    ),
    DataRole(name="outcome", kind="number", description="What came of it: 0 and 1, or a sum of money.", withheld=True),
    DataRole(name="customer", kind="category", description="Whose row it is, so that a customer stays on one side.", required=False),
    DataRole(name="time", kind="time", description="When it was done.", required=False),
    DataRole(
        name="propensity",
        kind="number",
        description="The probability with which the row's action was drawn, where it is known.",
        required=False,
        positive=True,
        withheld=True,
    ),
)
_SURVEY = "in the household survey before the offer"
NEXT_BEST_ACTION_DATA: Final = (
    ShippedData(
        name="offers",
        family="next_best_action",
        title="Generated: customers of a shop, and three ways to write to them",
        columns=(
            DataColumn(name="customer_id", kind="category", description="The customer."),
            DataColumn(name="action", kind="category", description="`none`, `email`, `discount` or `call`, drawn at random."),
            DataColumn(name="purchase", kind="flag", description="Whether the customer bought within two weeks."),
            DataColumn(name="propensity", kind="number", description="The probability of the row's action."),
            DataColumn(name="recency_days", kind="number", description="Days since the last purchase."),
            DataColumn(name="orders", kind="number", description="Purchases of the year before."),
            DataColumn(name="spend", kind="number", description="Money spent in the year before."),
            DataColumn(name="age", kind="number", description="Years."),
            DataColumn(name="opens", kind="number", description="Share of letters that were opened."),
            DataColumn(name="channel", kind="category", description="Where the customer bought last: `web`, `shop` or `phone`."),
        ),
        roles={"action": "action", "outcome": "purchase", "customer": "customer_id", "propensity": "propensity"},
        rows=20_000,
        source="Drawn by services/training/recipes/shipped/offers.py from a fixed seed: the effect of each action on each customer is "
        "known, so that estimates can be held against it. It is of no shop.",
        licence="Apache-2.0, as the platform is.",
        synthetic=True,
    ),
    ShippedData(
        name="insurance",
        family="next_best_action",
        title="Weather insurance for rice farmers: how the default option of an offer was drawn, and who bought",
        columns=(
            DataColumn(name="village", kind="category", description="Of the household."),
            DataColumn(name="offer", kind="category", description="`opt_in` or `opt_out`: what happens unless the farmer says otherwise."),
            DataColumn(name="bought", kind="flag", description="Whether the insurance was bought."),
            DataColumn(name="age", kind="number", description=f"Years of the household's head, {_SURVEY}."),
            DataColumn(name="male", kind="flag", description=f"Whether the household's head is male, {_SURVEY}."),
            DataColumn(name="household_size", kind="number", description=f"Persons, {_SURVEY}."),
            DataColumn(name="rice_area", kind="number", description=f"Rice fields in mu (667 m²), {_SURVEY}."),
            DataColumn(name="literate", kind="flag", description=f"Whether the household's head reads and writes, {_SURVEY}."),
            DataColumn(name="intensive", kind="flag", description="Whether the session explained the insurance at length; drawn, too."),
        ),
        roles={"action": "offer", "outcome": "bought", "customer": "village"},
        rows=1_410,
        source="The table `social_insure` of the package causaldata 0.1.5: the experiment of Cai, de Janvry and Sadoulet (2015), Social "
        "Networks and the Decision to Insure, American Economic Journal: Applied Economics 7(2).",
        licence="The package is under MIT. It states no licence of the study's data: cite the study, and ask before you pass them on.",
        synthetic=False,
    ),
)
