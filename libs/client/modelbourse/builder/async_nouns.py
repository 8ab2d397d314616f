"""What Model Builder knows, with methods that are awaited."""

from modelbourse.awaiting import AsyncIterates, AsyncNoun, Awaits
from modelbourse.builder import data, exports, files, health, keys, predictions, registry, scores, trainings


class AsyncFiles(AsyncNoun):
    """Your data root, from which trainings read and into which jobs write."""

    list = Awaits(files.list_files)
    all = AsyncIterates(files.all_files)
    put = Awaits(files.put_file)
    get = Awaits(files.get_file)
    delete = Awaits(files.delete_file)


class AsyncData(AsyncNoun):
    """Checks of texts before anything is trained, and reports on them."""

    validate = Awaits(data.validate_data)
    list_checks = Awaits(data.list_checks)
    get_check = Awaits(data.get_check)
    cancel_check = Awaits(data.cancel_check)
    wait_check = Awaits(data.wait_for_check)
    report = Awaits(data.report_data)
    get_report = Awaits(data.get_report)
    wait_report = Awaits(data.wait_for_report)


class AsyncTrainings(AsyncNoun):
    """Trainings on texts."""

    start = Awaits(trainings.start_training)
    list = Awaits(trainings.list_trainings)
    get = Awaits(trainings.get_training)
    logs = Awaits(trainings.get_logs)
    wait = Awaits(trainings.wait_for_training)
    cancel = Awaits(trainings.cancel_training)


class AsyncExports(AsyncNoun):
    """Models made into files for other servers."""

    create = Awaits(exports.export_model)
    validate = Awaits(exports.validate_export)
    list = Awaits(exports.list_exports)
    get = Awaits(exports.get_export)
    wait = Awaits(exports.wait_for_export)
    cancel = Awaits(exports.cancel_export)


class AsyncRegistry(AsyncNoun):
    """Versions of models by name, as MLflow has them."""

    register = Awaits(registry.register_model)
    list = Awaits(registry.list_models)
    name = Awaits(registry.get_name)
    get = Awaits(registry.get_version)
    set_stage = Awaits(registry.set_stage)
    history = Awaits(registry.get_history)
    download = Awaits(registry.download_version)
    delete = Awaits(registry.delete_version)


class AsyncPredictions(AsyncNoun):
    """What a model says of texts."""

    create = Awaits(predictions.predict_texts)


class AsyncScores(AsyncNoun):
    """The sentiment of texts as a column of candles."""

    start = Awaits(scores.score_texts)
    list = Awaits(scores.list_scores)
    get = Awaits(scores.get_scores)
    wait = Awaits(scores.wait_for_scores)
    cancel = Awaits(scores.cancel_scores)


class AsyncKeys(AsyncNoun):
    """API keys with permissions to train, export, register."""

    generate = Awaits(keys.generate_key)
    list = Awaits(keys.list_keys)
    revoke = Awaits(keys.revoke_key)


class AsyncHealth(AsyncNoun):
    """Whether Model Builder works, and what it has."""

    get = Awaits(health.get_health)
    status = Awaits(health.get_status)
