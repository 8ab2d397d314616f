"""What AI Engine knows, with methods that are awaited."""

from modelbourse.awaiting import AsyncNoun, Awaits
from modelbourse.engine import agents, batches, environments, experiments, importance, jobs, models, predictions, registry


class AsyncImportance(AsyncNoun):
    """What the features of a model are worth to it."""

    get = Awaits(importance.get_importance)
    calculate = Awaits(importance.calculate_importance)


class AsyncOwnJobs(AsyncNoun):
    """Jobs of every kind."""

    list = Awaits(jobs.list_own_jobs)
    get = Awaits(jobs.get_own_job)
    cancel = Awaits(jobs.cancel_own_job)


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


class AsyncExperiments(AsyncNoun):
    """Searches for the best hyperparameters."""

    list = Awaits(experiments.list_experiments)
    get = Awaits(experiments.get_experiment)
    create = Awaits(experiments.create_experiment)
    start = Awaits(experiments.start_experiment)
    stop = Awaits(experiments.stop_experiment)
    resume = Awaits(experiments.resume_experiment)
    wait = Awaits(experiments.wait_for_experiment)
    trials = Awaits(experiments.list_trials)
    make_model = Awaits(experiments.make_model)
    plot = Awaits(experiments.get_experiment_plot)
    delete = Awaits(experiments.delete_experiment)


class AsyncTuning(AsyncNoun):
    """Searches for a model's best hyperparameters."""

    start = Awaits(experiments.tune_model)
    get = Awaits(experiments.get_tuning)
    wait = Awaits(experiments.wait_for_tuning)
    results = Awaits(experiments.get_tuning_results)
    cancel = Awaits(experiments.cancel_tuning)
    delete = Awaits(experiments.delete_tuning)


class AsyncRegistry(AsyncNoun):
    """Versions of models by name."""

    list = Awaits(registry.list_names)
    name = Awaits(registry.get_name)
    versions = Awaits(registry.list_versions)
    get = Awaits(registry.get_version)
    history = Awaits(registry.get_history)
    register = Awaits(registry.register)
    promote = Awaits(registry.promote)
    describe = Awaits(registry.describe)
    set_gate = Awaits(registry.set_gate)
    roll_back = Awaits(registry.roll_back)
    compare = Awaits(registry.compare)
    card = Awaits(registry.get_card)
    set_alias = Awaits(registry.set_alias)
    remove_alias = Awaits(registry.remove_alias)


class AsyncEnvironments(AsyncNoun):
    """Markets in which agents learn to trade."""

    list = Awaits(environments.list_environments)
    get = Awaits(environments.get_environment)
    create = Awaits(environments.create_environment)
    delete = Awaits(environments.delete_environment)


class AsyncAgents(AsyncNoun):
    """Agents that learn to trade."""

    list = Awaits(agents.list_agents)
    get = Awaits(agents.get_agent)
    train = Awaits(agents.train_agent)
    training = Awaits(agents.get_training)
    wait = Awaits(agents.wait_for_training)
    cancel = Awaits(agents.cancel_training)
    plot = Awaits(agents.get_agent_plot)
    delete = Awaits(agents.delete_agent)
    run = Awaits(agents.run_agent)
    runs = Awaits(agents.list_runs)
    get_run = Awaits(agents.get_run)
    wait_run = Awaits(agents.wait_for_run)
    cancel_run = Awaits(agents.cancel_run)
    run_plot = Awaits(agents.get_run_plot)


class AsyncPredictions(AsyncNoun):
    """Predictions of rows, kept."""

    create = Awaits(predictions.create_prediction)
    get = Awaits(predictions.get_prediction)
    list = Awaits(predictions.list_predictions)
    batch = Awaits(batches.predict_dataset)
    get_batch = Awaits(batches.get_batch)
    wait_batch = Awaits(batches.wait_for_batch)
    cancel_batch = Awaits(batches.cancel_batch)
    download_batch = Awaits(batches.download_batch)
