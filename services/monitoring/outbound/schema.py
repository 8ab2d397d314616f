"""The versions of the database of monitoring: what a release brings over before it serves."""

from typing import Final

from libs.chassis.stores.migrations import Schema

SCHEMA: Final = Schema()
