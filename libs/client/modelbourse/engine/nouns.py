"""What AI Engine knows, with methods that block."""

from modelbourse.blocking import Does, Noun
from modelbourse.engine import models


class Models(Noun):
    """Models by type, features and target."""

    list = Does(models.list_models)
    get = Does(models.get_model)
    create = Does(models.create_model)
    train = Does(models.train_model)
    training = Does(models.get_training)
    wait = Does(models.wait_for_training)
    cancel = Does(models.cancel_training)
    delete = Does(models.delete_model)
