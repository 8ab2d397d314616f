"""Trading AI in Python: signals, backtests, tasks, trainings, alerts, the chat, and what is broadcast. It is loaded when it is used."""
