"""Compile once, after an installation, what every start would otherwise compile: bytecode of what is imported, and numba's loops."""

import sys
from importlib import import_module
from pkgutil import walk_packages

import libs
import modelbourse
import services
from libs.quant.shapley import warm


def warm_all() -> None:
    """Import every module of ours, and with it what they stand on; the interpreter keeps the bytecode."""
    sys.dont_write_bytecode = False  # Whatever the environment says: this is what it is for.
    for package in (libs, modelbourse, services):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    warm()


if __name__ == "__main__":
    warm_all()
