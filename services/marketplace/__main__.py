"""`python -m services.marketplace`: run the marketplace service."""

from libs.chassis.fast_imports import imports_are_done
from libs.chassis.process import serve
from services.marketplace.app import running
from services.marketplace.settings import Settings

if __name__ == "__main__":
    imports_are_done()
    serve("marketplace", settings=Settings, running=running)
