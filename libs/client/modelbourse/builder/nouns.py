"""What Model Builder knows, with methods that block."""

from modelbourse.blocking import Does, Iterates, Noun
from modelbourse.builder import files, keys, trainings


class Files(Noun):
    """Your data root, from which trainings read and into which jobs write."""

    list = Does(files.list_files)
    all = Iterates(files.all_files)
    put = Does(files.put_file)
    get = Does(files.get_file)
    delete = Does(files.delete_file)


class Trainings(Noun):
    """Trainings on texts."""

    start = Does(trainings.start_training)
    list = Does(trainings.list_trainings)
    get = Does(trainings.get_training)
    logs = Does(trainings.get_logs)
    wait = Does(trainings.wait_for_training)
    cancel = Does(trainings.cancel_training)


class Keys(Noun):
    """API keys with permissions to train, export, register."""

    generate = Does(keys.generate_key)
    list = Does(keys.list_keys)
    revoke = Does(keys.revoke_key)
