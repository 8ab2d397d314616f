"""What ML Development knows, with methods that block."""

from modelbourse.blocking import Does, Noun
from modelbourse.ml import asking, examples, models, monitoring, predicting, recipes, runs


class Recipes(Noun):
    """Recipes and their versions."""

    list = Does(recipes.list_recipes)
    get = Does(recipes.get_recipe)
    create = Does(recipes.create_recipe)
    clone = Does(recipes.clone_recipe)
    update = Does(recipes.update_recipe)
    delete = Does(recipes.delete_recipe)
    versions = Does(recipes.list_versions)
    version = Does(recipes.get_version)
    add_version = Does(recipes.add_version)
    schema = Does(recipes.get_schema)


class Runs(Noun):
    """Trainings, evaluations and backtests of recipes."""

    list = Does(runs.list_runs)
    start = Does(runs.start_run)
    estimate = Does(runs.estimate_run)
    get = Does(runs.get_run)
    wait = Does(runs.wait_for_run)
    cancel = Does(runs.cancel_run)
    report = Does(runs.report_run)
    file = Does(runs.get_run_file)


class Models(Noun):
    """Models that recipes make."""

    list = Does(models.list_models)
    register = Does(models.register_model)
    get = Does(models.get_model)
    update = Does(models.update_model)
    delete = Does(models.delete_model)
    predict = Does(predicting.predict)
    prediction = Does(predicting.get_prediction)
    predictions = Does(predicting.list_predictions)
    wait_for_prediction = Does(predicting.wait_for_prediction)
    prediction_file = Does(predicting.get_prediction_file)


class Monitoring(Noun):
    """How models of whatever kind do in production."""

    list = Does(monitoring.list_snapshots)
    get = Does(monitoring.get_snapshot)
    take = Does(monitoring.take_snapshot)
    send = Does(monitoring.send_snapshot)
    wait = Does(monitoring.wait_for_snapshot)
    report = Does(monitoring.get_snapshot_report)
    alerts = Does(monitoring.list_alerts)
    open_alerts = Does(monitoring.list_open_alerts)
    rules = Does(monitoring.get_rules)
    change_rules = Does(monitoring.change_rules)
    labels = Does(monitoring.send_labels)


class Examples(Noun):
    """Synthetic rows that show what a recipe learns from."""

    get = Does(examples.get_example)
    send = Does(examples.send_example)
    generate = Does(examples.generate_example)
    wait = Does(examples.wait_for_example)


class Chat(Noun):
    """Questions about recipes, runs and models."""

    ask = Does(asking.ask)
