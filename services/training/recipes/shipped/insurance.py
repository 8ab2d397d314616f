"""Reads the experiment on farmers' insurance out of the package that carries it."""

import io

import numpy as np
import pandas as pd

from libs.market.sources.package import file_bytes


def insurance() -> pd.DataFrame:
    """Return a row a household: which default its offer had, and whether it bought."""
    rows = pd.read_csv(io.BytesIO(file_bytes("causaldata", path="causaldata/social_insure/Cai_2015.csv")))
    return pd.DataFrame(
        {
            "village": rows["address"].astype("str"),
            "offer": np.where(rows["default"] == 1, "opt_out", "opt_in"),
            "bought": rows["takeup_survey"],
            "age": rows["age"],
            "male": rows["male"],
            "household_size": rows["agpop"],
            "rice_area": rows["ricearea_2010"],
            "literate": rows["literacy"],
            "intensive": rows["intensive"],
        }
    )
