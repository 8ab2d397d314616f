"""What AI Engine knows, with methods that are awaited."""

from modelbourse.awaiting import AsyncNoun, Awaits
from modelbourse.engine import models


class AsyncModels(AsyncNoun):
    """Models by type, features and target."""

    list = Awaits(models.list_models)
    get = Awaits(models.get_model)
    create = Awaits(models.create_model)
    train = Awaits(models.train_model)
    training = Awaits(models.get_training)
    wait = Awaits(models.wait_for_training)
    cancel = Awaits(models.cancel_training)
    delete = Awaits(models.delete_model)
