"""`python -m services.inference`: run the inference service."""

from libs.chassis.fast_imports import imports_are_done
from libs.chassis.process import serve
from services.inference.app import running
from services.inference.settings import Settings

if __name__ == "__main__":
    imports_are_done()
    serve("inference", settings=Settings, running=running)
