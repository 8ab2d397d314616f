"""What Model Builder knows, with methods that are awaited."""

from modelbourse.awaiting import AsyncIterates, AsyncNoun, Awaits
from modelbourse.builder import files, keys, trainings


class AsyncFiles(AsyncNoun):
    """Your data root, from which trainings read and into which jobs write."""

    list = Awaits(files.list_files)
    all = AsyncIterates(files.all_files)
    put = Awaits(files.put_file)
    get = Awaits(files.get_file)
    delete = Awaits(files.delete_file)


class AsyncTrainings(AsyncNoun):
    """Trainings on texts."""

    start = Awaits(trainings.start_training)
    list = Awaits(trainings.list_trainings)
    get = Awaits(trainings.get_training)
    logs = Awaits(trainings.get_logs)
    wait = Awaits(trainings.wait_for_training)
    cancel = Awaits(trainings.cancel_training)


class AsyncKeys(AsyncNoun):
    """API keys with permissions to train, export, register."""

    generate = Awaits(keys.generate_key)
    list = Awaits(keys.list_keys)
    revoke = Awaits(keys.revoke_key)
