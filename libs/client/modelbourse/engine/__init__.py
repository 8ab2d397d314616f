"""AI Engine in Python: models, predictions, agents, experiments, the registry, importance, tuning. It is loaded when it is used."""
