"""Questions that people ask, each with the page that answers it: it is among the first three passages that the chat shows."""

from services.gateway.outbound.chat.pages_sqlite import PagesSqlite

GUIDES = "docs/guides/"
ANSWERED_BY = {
    "How do I make a backtest?": f"{GUIDES}backtests.md",
    "What is the deflated Sharpe?": "docs/backtest-statistics.md",
    "What is walk-forward analysis?": "docs/backtest-statistics.md",
    "How does a trailing stop loss work?": "docs/backtests.md",
    "What are the available trading strategies?": f"{GUIDES}backtests.md",
    "What does the confidence of a signal mean?": f"{GUIDES}signals.md",
    "How do I train a model?": f"{GUIDES}tasks.md",
    "How do I upload my own candles?": f"{GUIDES}datasets.md",
    "How do I add a source of live candles?": f"{GUIDES}add-a-source.md",
    "How do I watch live signals?": f"{GUIDES}live.md",
    "How do I get a webhook when a training ends?": f"{GUIDES}webhooks.md",
    "How do I configure an LLM?": f"{GUIDES}llm.md",
    "How do I subscribe to a model in the marketplace?": f"{GUIDES}marketplace.md",
    "How are alerts resolved?": f"{GUIDES}health-and-alerts.md",
    "How do I rotate an API key?": f"{GUIDES}accounts.md",
    "How do I change keys in production?": f"{GUIDES}production.md",
    "How do I deploy on Kubernetes?": f"{GUIDES}kubernetes.md",
    "How is a database restored from a backup?": f"{GUIDES}backup.md",
    "How do I upgrade to a new release?": f"{GUIDES}upgrades.md",
    "How do I erase an account?": f"{GUIDES}operators.md",
    "How do I scale the gateway?": f"{GUIDES}compose.md",
    "How do I run the tests?": f"{GUIDES}testing.md",
    # What lists what there is answers whoever asks for that.
    "Which metrics does the gateway have?": "docs/metrics.md",
    "What is in the event training.completed?": "docs/events.md",
    "Which setting changes the log level?": "docs/configuration.md",
    "Which topics may the gateway write to in Kafka?": "docs/kafka-access.md",
    "Why does the chat search with SQLite?": "docs/decisions/0023-the-chat-searches-with-sqlite.md",
}


async def test_the_page_that_answers_a_question_is_among_the_first_three() -> None:
    pages = PagesSqlite()

    missed = {
        question: sources
        for question, page in ANSWERED_BY.items()
        if page not in (sources := [each.source.partition("#")[0] for each in await pages.search(question, before="", most=3)])
    }

    assert missed == {}
