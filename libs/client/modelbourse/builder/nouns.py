"""What Model Builder knows, with methods that block."""

from modelbourse.blocking import Does, Iterates, Noun
from modelbourse.builder import data, exports, files, health, keys, predictions, registry, scores, trainings


class Files(Noun):
    """Your data root, from which trainings read and into which jobs write."""

    list = Does(files.list_files)
    all = Iterates(files.all_files)
    put = Does(files.put_file)
    get = Does(files.get_file)
    delete = Does(files.delete_file)


class Data(Noun):
    """Checks of texts before anything is trained, and reports on them."""

    validate = Does(data.validate_data)
    list_checks = Does(data.list_checks)
    get_check = Does(data.get_check)
    cancel_check = Does(data.cancel_check)
    wait_check = Does(data.wait_for_check)
    report = Does(data.report_data)
    get_report = Does(data.get_report)
    wait_report = Does(data.wait_for_report)


class Trainings(Noun):
    """Trainings on texts."""

    start = Does(trainings.start_training)
    list = Does(trainings.list_trainings)
    get = Does(trainings.get_training)
    logs = Does(trainings.get_logs)
    wait = Does(trainings.wait_for_training)
    cancel = Does(trainings.cancel_training)


class Exports(Noun):
    """Models made into files for other servers."""

    create = Does(exports.export_model)
    validate = Does(exports.validate_export)
    list = Does(exports.list_exports)
    get = Does(exports.get_export)
    wait = Does(exports.wait_for_export)
    cancel = Does(exports.cancel_export)


class Registry(Noun):
    """Versions of models by name, as MLflow has them."""

    register = Does(registry.register_model)
    list = Does(registry.list_models)
    name = Does(registry.get_name)
    get = Does(registry.get_version)
    set_stage = Does(registry.set_stage)
    history = Does(registry.get_history)
    download = Does(registry.download_version)
    delete = Does(registry.delete_version)


class Predictions(Noun):
    """What a model says of texts."""

    create = Does(predictions.predict_texts)


class Scores(Noun):
    """The sentiment of texts as a column of candles."""

    start = Does(scores.score_texts)
    list = Does(scores.list_scores)
    get = Does(scores.get_scores)
    wait = Does(scores.wait_for_scores)
    cancel = Does(scores.cancel_scores)


class Keys(Noun):
    """API keys with permissions to train, export, register."""

    generate = Does(keys.generate_key)
    list = Does(keys.list_keys)
    revoke = Does(keys.revoke_key)


class Health(Noun):
    """Whether Model Builder works, and what it has."""

    get = Does(health.get_health)
    status = Does(health.get_status)
