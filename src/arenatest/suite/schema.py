"""The tables of a suite file, each as a model that forbids unknown keys.

Contestants, judges and metrics also take the options of their kind, which the kind's own model
checks; the models here hold only the keys that every such table has.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from arenatest.model.finish import Treatment
from arenatest.model.plan import Voting
from arenatest.suite.mistakes import Mistake, got
from arenatest.suite.quantities import Count, Duration, Fraction, Name, Text


class Table(BaseModel):
    """A table of a suite file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


_SUREST = 0.999999  # beyond it no number of prompts that anybody has would decide


def _holds_prompt(template: str) -> str:
    if "{prompt}" not in template:
        raise Mistake("has no {prompt}, where the prompt's text belongs")
    return template


def _confidence(value: float) -> float:
    if not 0.5 <= value <= _SUREST:  # noqa: PLR2004 - below one half the two sides would overlap
        raise Mistake(f"got {value!r}, expected a fraction from 0.5 to {_SUREST}")
    return value


def _majority(value: float) -> float:
    if value < 0.5:  # noqa: PLR2004 - one of two sides always has at least half
        raise Mistake(f"got {value!r}, expected a fraction from 0.5 to 1")
    return value


def _listed(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        return value
    raise got(value, "text in quotes, or a list of texts")


def _some(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not texts:
        raise got(texts, "a text or more")
    return texts


_TEXT_SCHEMA = {"type": "string", "minLength": 1}
_LIST_SCHEMA = {"type": "array", "items": _TEXT_SCHEMA}
Texts = Annotated[
    tuple[Text, ...],
    Field(strict=False),
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [_TEXT_SCHEMA, _LIST_SCHEMA]}),
]
"""One text, or a list of them."""

SomeTexts = Annotated[
    tuple[Text, ...],
    Field(strict=False),
    BeforeValidator(_listed),
    AfterValidator(_some),
    WithJsonSchema({"anyOf": [_TEXT_SCHEMA, {**_LIST_SCHEMA, "minItems": 1}]}),
]
"""One text, or a list of at least one: an empty choice chooses nothing."""

Template = Annotated[
    str,
    AfterValidator(_holds_prompt),
    WithJsonSchema({"type": "string", "pattern": r"\{prompt\}"}),
]
Limit = Annotated[Any, WithJsonSchema({"type": ["number", "string"]})]
"""A threshold, whose unit is that of its metric: checked once the metric is known."""

Quotient = Annotated[Any, WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
Loss = Annotated[Any, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
Promise = Annotated[bool | None, WithJsonSchema({"const": True})]
Confidence = Annotated[Fraction, AfterValidator(_confidence)]
Majority = Annotated[Fraction, AfterValidator(_majority)]
PolicyName = Literal["non-inferior", "no-regression"]
SliceKey = Literal["dataset", "subset", "category", "tag"]


class SuiteTable(Table):
    """What the suite is called."""

    name: Name = Field(description="Name of the suite, for reports and the record.")
    description: str = Field("", description="What the suite is for, in a line.")


class RunTable(Table):
    """How the suite is run, and what its gates share."""

    seed: int = Field(0, ge=0, description="Seed of the order of battles and of samples.")
    early_stop: bool = Field(default=True, description="Stop buying once every gate is decided.")
    repeats: Count = Field(1, description="How often each battle is fought, with new answers.")
    concurrency: Count = Field(8, description="Model calls in flight at once for each endpoint.")
    call_timeout: Duration = Field(
        120.0,
        description='Longest time for one call, as "120 s".',
        json_schema_extra={"default": "120 s"},
    )
    deadline: Duration | None = Field(None, description='Longest time for the run, as "30 min".')
    max_calls: Count | None = Field(None, description="Most model calls of the run.")
    max_cost: float | None = Field(None, gt=0, description="Most US dollars the run may spend.")
    max_void: Fraction = Field(
        0.05, description="Largest share of planned prompts without a verdict."
    )
    voting: Voting = Field(
        "mean", description="How several judges decide a battle: mean, majority or unanimous."
    )
    quorum: Count = Field(
        1, description="Judges that must have a score for a battle to count; else it is void."
    )
    on_refusal: Treatment = Field(
        "judge", description="What an answer counts as whose model declined, as its server says."
    )
    on_filter: Treatment = Field(
        "judge", description="What an answer counts as that a content filter ended."
    )
    on_truncation: Treatment = Field(
        "judge", description="What an answer counts as that ended at the limit of tokens."
    )
    policy: PolicyName = Field(
        "non-inferior", description="What an inconclusive gate means for the build."
    )
    confidence: Confidence = Field(0.95, description="One-sided confidence of each gate.")
    reuse_days: float = Field(7.0, ge=0, description="Days for which recorded answers are reused.")


class DatasetTable(Table):
    """A file of prompts."""

    path: Text = Field(description="A .jsonl, .json or .csv file, beside the suite.")
    name: Name | None = Field(None, description="Name for slices and ids; default: the file's.")
    fields: dict[
        Literal[
            "id",
            "query",
            "messages",
            "turns",
            "response",
            "category",
            "tags",
            "family",
            "subset",
        ],
        Text,
    ] = Field(default_factory=dict, description="The file's own names of fields, by ours.")
    subset: SomeTexts | None = Field(None, description="Take only the records of these subsets.")
    limit: Count | None = Field(None, description="Take only so many records from the start.")
    sample: Count | None = Field(None, description="Take only so many records, drawn by the seed.")
    category: Text | None = Field(None, description="Category of records that have none.")
    tags: Texts = Field((), description="Tags that every record has beside its own.")


class MessageTable(Table):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"] = Field(description="Who says it.")
    content: str = Field(description="What is said.")


class PromptTable(Table):
    """One prompt written into the suite; exactly one of query, messages and turns."""

    id: Name | None = Field(None, description="Stable and unique in the suite.")
    query: Text | None = Field(None, description="What is asked, as one message of the user.")
    messages: tuple[MessageTable, ...] | None = Field(
        None, strict=False, description="A conversation up to what is asked."
    )
    turns: tuple[Text, ...] | None = Field(
        None, strict=False, description="The user's messages of a conversation, each a prompt."
    )
    response: Texts | None = Field(None, description="The right answer; a list with turns.")
    category: Text | None = Field(None, description="A label to slice by.")
    tags: Texts = Field((), description="Labels to slice by.")
    family: Text | None = Field(
        None, description="Shared by prompts of one template or source: not independent."
    )
    subset: Text | None = Field(None, description="A named part of the dataset.")


class PriceTable(Table):
    """US dollars per million tokens."""

    input: float = Field(ge=0, description="US dollars per million input tokens.")
    output: float = Field(ge=0, description="US dollars per million output tokens.")
    cached_input: float | None = Field(
        None, ge=0, description="Per million input tokens from the server's cache; default: input."
    )


class ModelTable(Table):
    """The keys of every table that names a provider, beside the provider's own."""

    provider: Text = Field(description="Kind of provider.")
    params: dict[str, Any] = Field(
        default_factory=dict, description="Sampling parameters, sent as they are."
    )
    timeout: Duration | None = Field(None, description="Longest time for one call.")
    max_concurrency: Count | None = Field(None, description="Calls in flight on its endpoint.")
    requests_per_minute: Count | None = Field(
        None, description="Requests that its key allows in a minute, of all who share it."
    )
    tokens_per_minute: Count | None = Field(
        None, description="Tokens that its key allows in a minute, of all who share it."
    )
    price: PriceTable | None = Field(None, description="US dollars per million tokens.")


class AnsweringTable(ModelTable):
    """The keys of every table whose model answers prompts."""

    system: Text | None = Field(None, description="System prompt.")
    system_file: Text | None = Field(None, description="File that holds the system prompt.")
    template: Template | None = Field(
        None, description="Text around the last message of the user, with {prompt} in it."
    )
    family: Text | None = Field(
        None, description="Whose make it is; default: how the name of its model begins."
    )


class ContestantTable(AnsweringTable):
    """A model configuration that takes part."""

    name: Name = Field(description="Unique in the suite.")


class PartTable(AnsweringTable):
    """A model that answers some of the prompts, in the name of a contestant made of parts."""

    where: dict[SliceKey, SomeTexts] = Field(description="The prompts that it answers.")


class PartedTable(Table):
    """A contestant made of parts."""

    name: Name = Field(description="Unique in the suite.")
    parts: tuple[dict[str, Any], ...] = Field(
        min_length=1, strict=False, description="Models, each with the prompts that it answers."
    )


class JudgeTable(Table):
    """The keys of every judge, beside those of its kind and of its provider."""

    kind: Text = Field(description="Kind of judge.")
    name: Name | None = Field(None, description="Unique among the judges; default: the kind.")
    strength: bool = Field(default=False, description="Score the five labels 1, .75, .5, .25, 0.")
    repeats: Count = Field(1, description="How often each order of a battle is judged.")
    family: Text | None = Field(
        None, description="Whose make it is; default: how the name of its model begins."
    )


class HealthTable(Table):
    """What every judge is held to; beyond it, the gates that rest on it are inconclusive."""

    parse_rate: Fraction = Field(0.95, description="Smallest share of games with a verdict.")
    judge_error_rate: Fraction | None = Field(
        None, description="Largest share of games that the judge's own failure left without one."
    )
    flip_rate: Fraction = Field(
        0.5, description="Largest share of pairs of games whose two orders name different winners."
    )
    decisive_rate: Fraction = Field(
        0.05, description="Smallest share of prompts on which it prefers an answer, of 20 or more."
    )
    first_share: Majority | None = Field(
        None, description="Largest share of decided games that either seat may win."
    )
    length_preference: Majority | None = Field(
        None, description="Largest share of battles decided for the longer answer."
    )
    golden_agreement: Fraction | None = Field(
        None, description="Smallest share of golden games with the known verdict."
    )
    human_agreement: Fraction | None = Field(
        None, description="Smallest share of labelled battles with the winner that people name."
    )
    require_aa: bool = Field(
        default=False, description="Decide no win rate without a healthy A/A run on record."
    )


class FileTable(Table):
    """A file of records beside the suite."""

    path: Text = Field(description="A .jsonl, .json or .csv file, beside the suite.")


class MetricTable(Table):
    """The keys of every metric, beside those of its kind."""

    kind: Text = Field(description="Kind of metric.")
    name: Name | None = Field(None, description="As gates name it; default: the kind.")


class GateTable(Table):
    """A threshold on one measurement; exactly one of the six thresholds."""

    metric: Text = Field(description="What is measured.")
    stat: Text | None = Field(None, description="mean, median, p95 and the like, or total.")
    min: Limit = Field(None, description="Smallest acceptable value.")
    max: Limit = Field(None, description="Largest acceptable value.")
    min_ratio: Quotient = Field(
        None, description="Smallest acceptable quotient candidate / baseline."
    )
    max_ratio: Quotient = Field(
        None, description="Largest acceptable quotient candidate / baseline."
    )
    margin: Loss = Field(None, description="Largest loss still acceptable, as a fraction.")
    never_regress: Promise = Field(
        None, description="true: fails where any of its prompts is lost to the baseline."
    )
    confidence: Confidence | None = Field(None, description="One-sided; default: that of [run].")
    policy: PolicyName | None = Field(None, description="Default: that of [run].")
    where: dict[SliceKey, SomeTexts] = Field(
        default_factory=dict, description="The slice it looks at."
    )
    by: SliceKey | None = Field(None, description="Make one gate of each value of this key.")
    at: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Level of [load] that it looks at; default under load: the highest."
    )
    candidates: SomeTexts | None = Field(
        None, description="Which candidates it gates; default: all."
    )
    against: Text | None = Field(None, description="Contestant to compare with; the baseline.")
    target: Literal["population", "suite"] = Field(
        "population", description="Prompts like these, or this suite exactly."
    )
    name: Name | None = Field(None, description="Id of the gate, where the usual one is taken.")


TABLES = (
    "suite",
    "run",
    "latency",
    "load",
    "datasets",
    "prompts",
    "baseline",
    "candidates",
    "judges",
    "health",
    "golden",
    "labels",
    "metrics",
    "gates",
)
"""Every table of a suite file; those of several things are ``[[arrays]]``."""

THRESHOLDS = ("min", "max", "min_ratio", "max_ratio", "margin", "never_regress")
