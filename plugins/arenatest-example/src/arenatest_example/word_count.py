"""The metric itself: options, measurement and declaration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from arenatest.hookspec import Context, Kind, Metric, Sample
from arenatest.model.metric import MetricSpec


class WordCountOptions(BaseModel):
    """No options; a key in the suite is a mistake and is said to be one."""

    model_config = ConfigDict(extra="forbid")


class WordCount:
    """Counts the words of an answer."""

    async def measure(self, sample: Sample) -> float | None:
        """Return the number of words; 0 for an empty answer."""
        return float(len(sample.answer.text.split()))


def _build(options: WordCountOptions, context: Context) -> Metric:
    return WordCount()


def _spec(options: WordCountOptions) -> MetricSpec:
    return MetricSpec(name="word_count", unit="words", direction="lower")


WORD_COUNT: Kind[Metric] = Kind(options=WordCountOptions, build=_build, spec=_spec)
