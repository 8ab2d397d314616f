"""What ML Development knows, with methods that are awaited."""

from modelbourse.awaiting import AsyncNoun, Awaits
from modelbourse.ml import asking, examples, models, monitoring, predicting, recipes, runs


class AsyncRecipes(AsyncNoun):
    """Recipes and their versions."""

    list = Awaits(recipes.list_recipes)
    get = Awaits(recipes.get_recipe)
    create = Awaits(recipes.create_recipe)
    clone = Awaits(recipes.clone_recipe)
    update = Awaits(recipes.update_recipe)
    delete = Awaits(recipes.delete_recipe)
    versions = Awaits(recipes.list_versions)
    version = Awaits(recipes.get_version)
    add_version = Awaits(recipes.add_version)
    schema = Awaits(recipes.get_schema)


class AsyncRuns(AsyncNoun):
    """Trainings, evaluations and backtests of recipes."""

    list = Awaits(runs.list_runs)
    start = Awaits(runs.start_run)
    estimate = Awaits(runs.estimate_run)
    get = Awaits(runs.get_run)
    wait = Awaits(runs.wait_for_run)
    cancel = Awaits(runs.cancel_run)
    report = Awaits(runs.report_run)
    file = Awaits(runs.get_run_file)


class AsyncModels(AsyncNoun):
    """Models that recipes make."""

    list = Awaits(models.list_models)
    register = Awaits(models.register_model)
    get = Awaits(models.get_model)
    update = Awaits(models.update_model)
    delete = Awaits(models.delete_model)
    predict = Awaits(predicting.predict)
    prediction = Awaits(predicting.get_prediction)
    predictions = Awaits(predicting.list_predictions)
    wait_for_prediction = Awaits(predicting.wait_for_prediction)
    prediction_file = Awaits(predicting.get_prediction_file)


class AsyncMonitoring(AsyncNoun):
    """How models of whatever kind do in production."""

    list = Awaits(monitoring.list_snapshots)
    get = Awaits(monitoring.get_snapshot)
    take = Awaits(monitoring.take_snapshot)
    send = Awaits(monitoring.send_snapshot)
    wait = Awaits(monitoring.wait_for_snapshot)
    report = Awaits(monitoring.get_snapshot_report)
    alerts = Awaits(monitoring.list_alerts)
    open_alerts = Awaits(monitoring.list_open_alerts)
    rules = Awaits(monitoring.get_rules)
    change_rules = Awaits(monitoring.change_rules)
    labels = Awaits(monitoring.send_labels)


class AsyncExamples(AsyncNoun):
    """Synthetic rows that show what a recipe learns from."""

    get = Awaits(examples.get_example)
    send = Awaits(examples.send_example)
    generate = Awaits(examples.generate_example)
    wait = Awaits(examples.wait_for_example)


class AsyncChat(AsyncNoun):
    """Questions about recipes, runs and models."""

    ask = Awaits(asking.ask)
