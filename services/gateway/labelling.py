"""The part of the gateway's wiring that reads texts: models of texts answer and score, whatever they are named by."""

from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.registry.ports import ModelArchives
from services.gateway.filing import FileParts
from services.gateway.platform import Platform
from services.gateway.usecases.datasets.score_texts import ScoreTexts, ScoringUseCases
from services.gateway.usecases.predictions.predict_texts import FindTextVersion, PredictTexts
from services.gateway.usecases.texts.find_texts import FindTexts


def make_labelling(
    platform: Platform, files: FileParts, limits: TierLimits, *, folders: ModelArchives
) -> tuple[PredictTexts, ScoringUseCases]:
    """Return what handlers call."""
    jobs, datasets = platform.job_parts, platform.datasets
    find = FindTextVersion(platform.models, platform.jobs, platform.registry.use.find)
    texts = FindTexts(files.use.find, datasets.datasets)
    score = ScoreTexts(find, texts, datasets.datasets, datasets.own, files.output, files.use.room, limits, jobs.start, folders)
    return PredictTexts(find, platform.services.inference), ScoringUseCases(jobs.jobs, score, jobs.stop)
