"""Compile once, after an installation, what every start would otherwise compile: bytecode of what is imported, and numba's loops."""

import sys
from importlib import import_module
from importlib.util import find_spec
from pkgutil import walk_packages

import libs
import modelbourse
import services
from libs.quant.environments.warm import warm_environments
from libs.quant.portfolio_warm import warm_portfolio
from libs.quant.shapley import warm


def warm_all() -> None:
    """Import every module of ours, and with it what they stand on; the interpreter keeps the bytecode."""
    sys.dont_write_bytecode = False  # Whatever the environment says: this is what it is for.
    for package in (libs, modelbourse, services):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                _import(module.name)
    warm(interactions=True)
    warm_portfolio()
    warm_environments()


def _import(name: str) -> None:
    try:
        import_module(name)
    except ModuleNotFoundError:
        # The demo is installed without what networks are trained with.
        if find_spec("torch"):
            raise


if __name__ == "__main__":
    warm_all()
