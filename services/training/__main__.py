"""python -m services.training."""

from libs.chassis.fast_imports import imports_are_done
from libs.chassis.process import serve
from services.training.app import running
from services.training.settings import Settings

if __name__ == "__main__":
    imports_are_done()
    serve("training", settings=Settings, running=running)
