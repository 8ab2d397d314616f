"""`python -m services.marketplace`: run the marketplace service."""

from libs.chassis.process import serve
from services.marketplace.app import running
from services.marketplace.settings import Settings

if __name__ == "__main__":
    serve("marketplace", settings=Settings, running=running)
