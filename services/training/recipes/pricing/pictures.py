"""Draws the elasticities of products."""

from libs.contracts.recipe_runs import RecipeCurve
from services.training.reports.sheet import HELD, OWN, Picture, finish, new_fitted, style


def draw_elasticities(curve: RecipeCurve, *, title: str) -> Picture:
    """Return elasticities in order, a band of their intervals where they have them, and -1, beyond which a price brings less."""
    figure = new_fitted(height=4.2)
    axes = figure.subplots()
    ranks = [rank for rank, _ in curve.series["elasticity"]]
    value = [each for _, each in curve.series["elasticity"]]
    if {"low", "high"} <= set(curve.series):
        low, high = ([each for _, each in curve.series[name]] for name in ("low", "high"))
        axes.fill_between(ranks, low, high, color=OWN, alpha=0.2, linewidth=0)
    axes.plot(ranks, value, color=OWN, linewidth=1.8)
    axes.axhline(-1, color=HELD, linewidth=1.2, linestyle=(0, (4, 3)))
    style(axes, both=True)
    axes.set_xlabel(curve.x)
    axes.set_ylabel(curve.y, size=9)
    return finish(figure, title=curve.title, small_print=title)
