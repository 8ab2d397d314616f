"""Reads places and what they are worth out of the package that carries them."""

import io
import json
import struct
import zipfile
from typing import Final

import pandas as pd

from libs.market.sources.package import file_bytes

PACKAGE: Final = "libpysal"
HOUSES: Final = {
    "STATION": "station", "X": "x", "Y": "y", "PRICE": "price", "NROOM": "rooms", "DWELL": "detached", "NBATH": "baths", "PATIO": "patio",
    "FIREPL": "fireplace", "AC": "air_conditioning", "BMENT": "basement", "NSTOR": "storeys", "GAR": "garage", "AGE": "age",
    "CITCOU": "county", "LOTSZ": "lot", "SQFT": "floor",
}  # fmt: skip
RENTALS: Final = {
    "X": "x", "Y": "y", "price": "price", "accommodat": "guests", "review_sco": "rating", "bedrooms": "bedrooms",
    "bathrooms": "bathrooms", "beds": "beds",
}  # fmt: skip
FIELD, END_OF_FIELDS = 32, 0x0D
"""Bytes of a field's description in a dBASE table, and the byte after the last."""


def baltimore_houses() -> pd.DataFrame:
    """Return a row a sale."""
    told = json.loads(file_bytes(PACKAGE, path="libpysal/examples/baltim/baltimore.geojson"))
    rows = pd.DataFrame([each["properties"] for each in told["features"]]).rename(columns=HOUSES)
    return rows.assign(station=rows["station"].astype("int64").astype("str"))


def berlin_rentals() -> pd.DataFrame:
    """Return a row an offer."""
    packed = zipfile.ZipFile(io.BytesIO(file_bytes(PACKAGE, path="libpysal/examples/berlin/prenzlauer.zip")))
    return dbase_numbers(packed.read("prenzlauer.dbf")).rename(columns=RENTALS)


def dbase_numbers(data: bytes) -> pd.DataFrame:
    """Return a dBASE III table whose fields are all numbers: a header, descriptions of 32 bytes, then rows of fixed width as text."""
    rows, start, width = struct.unpack("<xxxxLHH", data[:12])
    fields, place = [], FIELD
    while data[place] != END_OF_FIELDS:
        fields.append((data[place : place + 11].rstrip(b"\0").decode("ascii"), data[place + 16]))
        place += FIELD
    columns: dict[str, list[float]] = {name: [] for name, _ in fields}
    for row in range(rows):
        # The first byte says whether the row was deleted.
        at = start + row * width + 1
        for name, size in fields:
            columns[name].append(float(data[at : at + size]))
            at += size
    return pd.DataFrame(columns)
