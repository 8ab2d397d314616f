"""What Trading AI knows, with methods that block."""

from modelbourse.blocking import Does, Iterates, Noun
from modelbourse.trading_ai import backtests, chat, monitoring, signals, tasks, trainings


class Signals(Noun):
    """Analyses of a market, and what became of them."""

    analyze = Does(signals.analyze)
    recommend = Does(signals.recommend)
    market_condition = Does(signals.judge_market)
    predict_trend = Does(signals.predict_trend)
    feedback = Does(signals.give_feedback)
    performance = Does(signals.get_performance)
    history = Does(signals.get_history)


class Backtests(Noun):
    """Strategies, played on candles of the past."""

    start = Does(backtests.start_backtest)
    list = Does(backtests.list_backtests)
    get = Does(backtests.get_backtest)
    wait = Does(backtests.wait_for_backtest)
    cancel = Does(backtests.cancel_backtest)
    trades = Iterates(backtests.all_trades)
    sweep_points = Iterates(backtests.all_sweep_points)
    report = Does(backtests.get_backtest_report)
    plot = Does(backtests.get_plot)


class Tasks(Noun):
    """Trainings of networks and backtests, as work that takes long."""

    train = Does(tasks.train_network)
    list = Does(tasks.list_tasks)
    get = Does(tasks.get_task)
    cancel = Does(tasks.cancel_task)
    retry = Does(tasks.retry_task)
    stats = Does(tasks.get_stats)


class Trainings(Noun):
    """Trainings of networks, and their deployment."""

    list = Does(trainings.list_trainings)
    get = Does(trainings.get_training)
    deploy = Does(trainings.deploy)


class Alerts(Noun):
    """What needs a look."""

    list = Does(monitoring.list_alerts)
    acknowledge = Does(monitoring.acknowledge_alert)
    resolve = Does(monitoring.resolve_alert)


class Chat(Noun):
    """Questions about the platform."""

    ask = Does(chat.ask_project)
    suggestions = Does(chat.suggest_questions)
    clear = Does(chat.clear_conversations)
