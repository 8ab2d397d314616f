"""python -m services.training."""

from libs.chassis.process import serve
from services.training.app import running
from services.training.settings import Settings

if __name__ == "__main__":
    serve("training", settings=Settings, running=running)
