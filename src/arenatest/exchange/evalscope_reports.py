"""EvalScope's reports: means by dataset and subset. It reads this older shape, and mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Mean:
    total: float = 0.0
    count: int = 0

    @property
    def value(self) -> float:
        return self.total / self.count


@dataclass(slots=True)
class Reports:
    """Gathers scores and makes a report of each model on each dataset."""

    _means: dict[tuple[str, str, str], dict[str, _Mean]] = field(default_factory=dict)

    def add(self, model: str, dataset: str, metric: str, subset: str, score: float) -> None:
        """Add the score of one sample, 0 to 1."""
        mean = self._means.setdefault((model, dataset, metric), {}).setdefault(subset, _Mean())
        mean.total += score
        mean.count += 1

    def files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the reports with their paths from the folder."""
        for (model, dataset, metric), means in self._means.items():
            yield f"reports/{model}/{dataset}.json", _report(model, dataset, metric, means)


def _report(model: str, dataset: str, metric: str, means: dict[str, _Mean]) -> dict[str, Any]:
    count = sum(mean.count for mean in means.values())
    whole = {
        "num": count,
        "score": sum(mean.total for mean in means.values()) / count,
        "macro_score": sum(mean.value for mean in means.values()) / len(means),
    }
    subsets = [
        {"name": name, "score": mean.value, "num": mean.count} for name, mean in means.items()
    ]
    category = {"name": ["default"], **whole, "subsets": subsets}
    return {
        "name": f"{model}@{dataset}",
        "dataset_name": dataset,
        "dataset_pretty_name": dataset,
        "dataset_description": "exported by arenatest",
        "model_name": model,
        "metrics": [{"name": metric, **whole, "categories": [category]}],
        "analysis": "N/A",
    }
