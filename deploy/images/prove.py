"""The last step of an image's build: import all that its service can need, which proves that it is there and compiles it once and for all.

The root of a running container is read-only, so what is not compiled now would be compiled at every start.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pkgutil import walk_packages
from typing import Final

from deploy.images.kinds import image

# What is imported when it is first used; what an image does not hold is left out.
LAZY: Final = (
    "libs.chassis.bus.kafka",
    "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
    "s3fs",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_impl",
    "torch",
    "ray.scripts.scripts",
    "ccxt.async_support",
    "alpaca.data.historical",
)


def prove(service: str) -> int:
    """Import every module of the service and return how many there are; whatever one raises ends the build."""
    package = import_module(f"services.{service}")
    names = [module.name for module in walk_packages(package.__path__, f"{package.__name__}.")]
    for name in names:
        if not name.endswith("__main__"):
            import_module(name)
    for name in LAZY:
        if find_spec(name.partition(".")[0]):
            import_module(name)
    if find_spec("numba"):
        # What is compiled here does not get into the image: numba keeps it by processor. But it shows that the compiler works.
        import_module("libs.quant.shapley").warm()
    return len(names)


if __name__ == "__main__":
    sys.stdout.write(f"{prove(image(sys.argv[1]).service)} modules imported\n")
