"""What AI Engine knows, with methods that block."""

from modelbourse.blocking import Does, Noun
from modelbourse.engine import agents, batches, environments, experiments, importance, jobs, models, predictions, registry


class Importance(Noun):
    """What the features of a model are worth to it."""

    get = Does(importance.get_importance)
    calculate = Does(importance.calculate_importance)


class OwnJobs(Noun):
    """Jobs of every kind."""

    list = Does(jobs.list_own_jobs)
    get = Does(jobs.get_own_job)
    cancel = Does(jobs.cancel_own_job)


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


class Experiments(Noun):
    """Searches for the best hyperparameters."""

    list = Does(experiments.list_experiments)
    get = Does(experiments.get_experiment)
    create = Does(experiments.create_experiment)
    start = Does(experiments.start_experiment)
    stop = Does(experiments.stop_experiment)
    resume = Does(experiments.resume_experiment)
    wait = Does(experiments.wait_for_experiment)
    trials = Does(experiments.list_trials)
    make_model = Does(experiments.make_model)
    plot = Does(experiments.get_experiment_plot)
    delete = Does(experiments.delete_experiment)


class Tuning(Noun):
    """Searches for a model's best hyperparameters."""

    start = Does(experiments.tune_model)
    get = Does(experiments.get_tuning)
    wait = Does(experiments.wait_for_tuning)
    results = Does(experiments.get_tuning_results)
    cancel = Does(experiments.cancel_tuning)
    delete = Does(experiments.delete_tuning)


class Registry(Noun):
    """Versions of models by name."""

    list = Does(registry.list_names)
    name = Does(registry.get_name)
    versions = Does(registry.list_versions)
    get = Does(registry.get_version)
    history = Does(registry.get_history)
    register = Does(registry.register)
    promote = Does(registry.promote)
    describe = Does(registry.describe)
    set_gate = Does(registry.set_gate)
    roll_back = Does(registry.roll_back)
    compare = Does(registry.compare)
    card = Does(registry.get_card)
    set_alias = Does(registry.set_alias)
    remove_alias = Does(registry.remove_alias)


class Environments(Noun):
    """Markets in which agents learn to trade."""

    list = Does(environments.list_environments)
    get = Does(environments.get_environment)
    create = Does(environments.create_environment)
    delete = Does(environments.delete_environment)


class Agents(Noun):
    """Agents that learn to trade."""

    list = Does(agents.list_agents)
    get = Does(agents.get_agent)
    train = Does(agents.train_agent)
    training = Does(agents.get_training)
    wait = Does(agents.wait_for_training)
    cancel = Does(agents.cancel_training)
    plot = Does(agents.get_agent_plot)
    delete = Does(agents.delete_agent)
    run = Does(agents.run_agent)
    runs = Does(agents.list_runs)
    get_run = Does(agents.get_run)
    wait_run = Does(agents.wait_for_run)
    cancel_run = Does(agents.cancel_run)
    run_plot = Does(agents.get_run_plot)


class Predictions(Noun):
    """Predictions of rows, kept."""

    create = Does(predictions.create_prediction)
    get = Does(predictions.get_prediction)
    list = Does(predictions.list_predictions)
    batch = Does(batches.predict_dataset)
    get_batch = Does(batches.get_batch)
    wait_batch = Does(batches.wait_for_batch)
    cancel_batch = Does(batches.cancel_batch)
    download_batch = Does(batches.download_batch)
