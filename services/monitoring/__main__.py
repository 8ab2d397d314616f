"""`python -m services.monitoring`: run the monitoring service."""

from libs.chassis.fast_imports import imports_are_done
from libs.chassis.process import serve
from services.monitoring.app import running
from services.monitoring.settings import Settings

if __name__ == "__main__":
    imports_are_done()
    serve("monitoring", settings=Settings, running=running)
