"""Draws all pictures of a training: what the model rests on, how far its probabilities hold, and the report of its test."""

from libs.contracts.plots import Plot
from libs.contracts.training import TrainingResult
from services.training.learners.calibrating import bins_of
from services.training.learners.explained import explain_sample
from services.training.learners.learner import Fitted
from services.training.learners.plot_sheet import Caption
from services.training.learners.plots import draw_plots
from services.training.learners.reliability_plot import draw_reliability
from services.training.learners.report import draw_report
from services.training.learners.result import Evidence
from services.training.learners.trading import Trading


def draw_all(
    fitted: Fitted, *, evidence: Evidence, result: TrainingResult, trading: Trading, model_name: str, version: str
) -> dict[str, bytes]:
    """Return the files by the names that a result has for them. Same input, same bytes."""
    unseen = evidence.table.rows[evidence.parts.test]
    card = result.run_card
    caption = Caption(
        model_name=model_name,
        version=version,
        algorithm=evidence.spec.algorithm,
        symbols=evidence.config.symbols,
        start=card["test_start"],
        end=card["end"],
        synthetic=card["synthetic"],
    )
    drawn = draw_plots(
        explain_sample(fitted, unseen, classes=evidence.classes or None),
        importance=result.feature_importance,
        scale=fitted.scale,
        importance_rows=card["feature_importance"]["rows"],
        caption=caption,
    )
    truth, further = evidence.table.targets[evidence.parts.test], {}
    if curves := bins_of(fitted.scores(unseen), truth, scale=fitted.scale, calibration=evidence.calibration):
        further[Plot.RELIABILITY.value] = draw_reliability(curves, caption=caption, rows=len(truth))
    drawn |= {name: each.png for name, each in further.items()}
    return drawn | draw_report(trading, series=evidence.series, opens=evidence.opens, result=result, caption=caption, further=further)
