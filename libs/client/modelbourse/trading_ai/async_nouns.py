"""What Trading AI knows, with methods that are awaited."""

from modelbourse.awaiting import AsyncIterates, AsyncNoun, Awaits
from modelbourse.trading_ai import backtests, chat, monitoring, signals, tasks, trainings


class AsyncSignals(AsyncNoun):
    """Analyses of a market, and what became of them."""

    analyze = Awaits(signals.analyze)
    recommend = Awaits(signals.recommend)
    market_condition = Awaits(signals.judge_market)
    predict_trend = Awaits(signals.predict_trend)
    feedback = Awaits(signals.give_feedback)
    performance = Awaits(signals.get_performance)
    history = Awaits(signals.get_history)


class AsyncBacktests(AsyncNoun):
    """Strategies, played on candles of the past."""

    start = Awaits(backtests.start_backtest)
    list = Awaits(backtests.list_backtests)
    get = Awaits(backtests.get_backtest)
    wait = Awaits(backtests.wait_for_backtest)
    cancel = Awaits(backtests.cancel_backtest)
    trades = AsyncIterates(backtests.all_trades)
    sweep_points = AsyncIterates(backtests.all_sweep_points)
    report = Awaits(backtests.get_backtest_report)
    plot = Awaits(backtests.get_plot)


class AsyncTasks(AsyncNoun):
    """Trainings of networks and backtests, as work that takes long."""

    train = Awaits(tasks.train_network)
    list = Awaits(tasks.list_tasks)
    get = Awaits(tasks.get_task)
    cancel = Awaits(tasks.cancel_task)
    retry = Awaits(tasks.retry_task)
    stats = Awaits(tasks.get_stats)


class AsyncTrainings(AsyncNoun):
    """Trainings of networks, and their deployment."""

    list = Awaits(trainings.list_trainings)
    get = Awaits(trainings.get_training)
    deploy = Awaits(trainings.deploy)


class AsyncAlerts(AsyncNoun):
    """What needs a look."""

    list = Awaits(monitoring.list_alerts)
    acknowledge = Awaits(monitoring.acknowledge_alert)
    resolve = Awaits(monitoring.resolve_alert)


class AsyncChat(AsyncNoun):
    """Questions about the platform."""

    ask = Awaits(chat.ask_project)
    suggestions = Awaits(chat.suggest_questions)
    clear = Awaits(chat.clear_conversations)
