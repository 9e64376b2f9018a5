"""The versioned rule files of triage, loaded once per version: model, lexicon, cues, policy, screening."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, cast

import yaml

from .domain.analysis import Analyser, Reading
from .domain.blindfold import Blindfold
from .domain.case import Rules, Versions
from .domain.cues import Cue, CueSet, Guards, index_of
from .domain.events import EVENTS
from .domain.facts import CROWD, PASSING, Choice, Facts
from .domain.late import LateAnalyser
from .domain.lexicon import Rows, Scale, Weights
from .domain.policy import (
    Condition,
    Downgrade,
    Group,
    LeastSure,
    Policy,
    Question,
    Rule,
    ScreeningRule,
)

if TYPE_CHECKING:
    from .domain.reader import TextAnalyser
    from .domain.scorers import Scorer

READING = "model-v2"
CUES = "cues-v3"
FACTS = "facts-v2"
ANALYSER = f"{READING}+{CUES}+{FACTS}"
POLICY = "policy-v4"
SCREENING = "screening-v2"


def text_of(name: str) -> str:
    """A rule file of this release as it was written; FileNotFoundError where it has none."""
    return (resources.files(__package__) / "data" / f"{name}.yaml").read_text("utf-8")


def versions_of(prefix: str) -> list[str]:
    """The versions of a kind of rule file that this release carries."""
    files = [entry.name for entry in (resources.files(__package__) / "data").iterdir()]
    return sorted(f.removesuffix(".yaml") for f in files if f.startswith(f"{prefix}-"))


def _load(name: str) -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = cast("Mapping[str, Any]", yaml.load(text_of(name), Loader=loader))  # noqa: S506 a safe loader
    if data["version"] != name:
        raise ValueError(f"{name}.yaml says it is {data['version']}")
    return data


def _words(text: str | None) -> frozenset[str]:
    return frozenset((text or "").split())


def _regex(text: str | None) -> re.Pattern[str] | None:
    """A pattern that may be folded over several lines: blanks between alternatives are dropped."""
    return re.compile(re.sub(r"\s*\n?\s+", "", text)) if text else None


def _some(text: str) -> re.Pattern[str]:
    found = _regex(text)
    if found is None:
        raise ValueError("an empty pattern matches everything")
    return found


def _scale(section: Mapping[str, Any]) -> Scale:
    bias = cast("Mapping[str, float]", section["bias"])
    certainty = tuple((float(said), float(true)) for said, true in section.get("certainty", ()))
    return Scale(tuple(bias), tuple(bias.values()), float(section["temperature"]), certainty)


def _weights(section: Mapping[str, Any]) -> Weights:
    """A section of the lexicon: under each code, words by weight."""
    return {
        code: {
            word: float(weight)
            for weight, words in by_weight.items()
            for word in cast("str", words).split()
        }
        for code, by_weight in section["words"].items()
    }


def _cue(code: str, spec: Mapping[str, Any]) -> Cue:
    cue = Cue(
        code=code,
        words=_words(spec.get("words")),
        needles=_words(spec.get("needles")),
        patterns=tuple(_some(p) for p in spec.get("patterns", ())),
        unless=_regex(spec.get("unless")),
        flag=code if spec.get("flag") else spec.get("as"),
        hints=spec.get("hints"),
        negation=bool(spec.get("negation")),
        real=bool(spec.get("real")),
        asks=spec.get("hearsay") == "ask",
        counted=bool(spec.get("counted")),
    )
    if bool(cue.needles) != bool(cue.patterns):
        raise ValueError(f"cue {code}: a pattern needs needles, and needles a pattern")
    return cue


@cache
def cue_set(version: str = CUES) -> CueSet:
    """The signs of one version."""
    data = _load(version)
    cues = [_cue(code, spec) for code, spec in data["signals"].items()]
    guards = Guards(
        negation=_some(data["negation"]),
        negation_after=_some(data["negation_after"]),
        hypothesis=_some(data["hypothesis"]),
        hearsay=_some(data["hearsay"]),
    )
    by_code = {c.code: c for c in cues}
    return CueSet(by_code, guards, index_of(cues), int(data.get("durations", 1)))


def signs_of(analyser_version: str = ANALYSER) -> Mapping[str, Sequence[Cue]]:
    """The signs that an analyser of that version finds, each with the cues that show or hint at it;
    a policy may name these and no others.
    """
    cues = cue_set(_named(analyser_version, "cues-") or CUES).cues.values()
    model = _named(analyser_version, "facts-")
    known: dict[str, list[Cue]] = {c.code: [c] for c in cues if not c.code.startswith(PASSING)}
    for flag in facts(model).flags if model else ():
        known.setdefault(flag, []).extend(c for c in cues if c.hints == flag)
    if model:
        known[CROWD] = []
    for code in EVENTS:
        known.setdefault(code, [])
    return known


@cache
def analyser(version: str = ANALYSER) -> Analyser:
    """The analyser of a version as stored with an analysis: `model-v2+cues-v2+facts-v1`,
    `lexicon-v1+cues-v1`.

    Raises FileNotFoundError where this release no longer carries that version.
    """
    reading, data = _reading(version)
    cue_set(_named(version, "cues-"))
    if "words" not in data["types"] and not _trained(data).is_file():
        raise FileNotFoundError(_trained(data).name)
    return LateAnalyser(version, reading, partial(reader, version))


def _reading(version: str) -> tuple[Reading, Mapping[str, Any]]:
    data = _load(version.partition("+")[0])
    types, suits = [_scale(data[section]) for section in ("types", "suitability")]
    coupling, few = float(data["coupling"]), int(data["few_words"])
    return Reading(types, suits, coupling, few, claims_only=bool(_named(version, "facts-"))), data


@cache
def reader(version: str = ANALYSER) -> TextAnalyser:
    """What reads texts for the analyser of a version, with its weights loaded."""
    from .domain.reader import TextAnalyser  # noqa: PLC0415 needs numpy: only where texts are read

    reading, data = _reading(version)
    model = _named(version, "facts-")
    return TextAnalyser(
        version,
        reading,
        _scorer(data, [reading.types, reading.suits]),
        cue_set(_named(version, "cues-")),
        _blindfold(data if "protected" in data else _load(data["lexicon"])),
        facts=facts(model) if model else None,
    )


def _scorer(data: Mapping[str, Any], scales: list[Scale]) -> Scorer:
    """The trained weights beside a model's file, or the words that a lexicon lists."""
    from .domain.scorers import LexiconScorer, ModelScorer  # noqa: PLC0415 see `reader`
    from .domain.weights import read_weights  # noqa: PLC0415 see `reader`

    if "words" in data["types"]:
        weights = [_weights(data[section]) for section in ("types", "suitability")]
        return LexiconScorer(Rows(scales, weights))
    name = str(data["version"])
    trained = read_weights(_trained(data).read_bytes(), name)
    if trained.codes != sum(len(scale.codes) for scale in scales):
        raise ValueError(f"{name}.yaml and {name}.skops speak of different codes")
    return ModelScorer(trained)


def _trained(data: Mapping[str, Any]) -> Traversable:
    """The file of the weights beside a model's own."""
    return resources.files(__package__) / "data" / f"{data['version']}.skops"


def _blindfold(data: Mapping[str, Any]) -> Blindfold:
    return Blindfold(
        protected=_words(data["protected"]),
        order_words=_words(data["order_words"]),
        orders=_some(data["orders"]),
    )


def _named(version: str, prefix: str) -> str:
    """The part of an analyser's version that names one file, "" where it names none."""
    return next((part for part in version.split("+") if part.startswith(prefix)), "")


@cache
def facts(version: str = FACTS) -> Facts:
    """The model of flags and figures of one version."""
    packed = (resources.files(__package__) / "data" / f"{version}.json.gz").read_bytes()
    data = cast("Mapping[str, Any]", json.loads(gzip.decompress(packed)))
    if data["version"] != version:
        raise ValueError(f"{version}.json.gz says it is {data['version']}")
    return facts_of(data)


def facts_of(data: Mapping[str, Any]) -> Facts:
    """The model from its file's content (see `train_facts`)."""

    def rows(name: str) -> dict[str, tuple[int, ...]]:
        return {key: tuple(row) for key, row in data[name].items()}

    def choice(name: str) -> Choice:
        said = data[name]
        return Choice(said["weights"], int(said["least"]), int(said.get("share", 0)))

    return Facts(
        version=data["version"],
        flags=tuple(data["flags"]),
        gates=tuple(data.get("gates", ())),
        bias=tuple(data["bias"]),
        least=tuple(data["least"]),
        signs=rows("signs"),
        grams=rows("grams"),
        finders=int(data.get("finders", 1)),
        people=choice("people"),
        amount=choice("amount"),
        crowd=choice("crowd"),
    )


def _condition(spec: Mapping[str, Any]) -> Condition:
    amount = spec.get("min_amount")
    return Condition(
        signs=tuple(spec.get("signs", ())),
        needs=tuple(spec.get("needs", ())),
        without=tuple(spec.get("without", ())),
        types=frozenset(spec.get("types", ())),
        not_types=frozenset(spec.get("not_types", ())),
        suits=frozenset(spec.get("suits", ())),
        min_count=int(spec.get("min_count", 0)),
        min_places=int(spec.get("min_places", 0)),
        min_people=spec.get("min_people"),
        min_amount=None if amount is None else Decimal(str(amount)),
        min_months=spec.get("min_months"),
    )


def _rule(spec: Mapping[str, Any]) -> Rule:
    return Rule(
        spec["code"], _condition(spec), int(spec.get("points", 0)), bool(spec.get("safety"))
    )


def _question(spec: Mapping[str, Any]) -> Question:
    return Question(
        code=spec["code"],
        zh=spec["zh"],
        en=spec["en"],
        doubt=float(spec.get("doubt", 0)),
        unknown=spec.get("unknown"),
        absent=tuple(spec.get("absent", ())),
        unsure=tuple(spec.get("unsure", ())),
        doubt_of=spec.get("doubt_of"),
    )


@cache
def policy(version: str = POLICY) -> Policy:
    """The grading policy of a version; FileNotFoundError where this release does not carry it."""
    return policy_from(_load(version))


def policy_from(data: Mapping[str, Any]) -> Policy:
    """The policy that a policy file's data describe."""
    return Policy(
        version=data["version"],
        red_from=int(data["thresholds"]["red"]),
        yellow_from=int(data["thresholds"]["yellow"]),
        none_types=frozenset(data["none_types"]),
        hard=tuple(_rule(r) for r in data["hard"]),
        groups=tuple(
            Group.of(
                g["group"],
                tuple(_rule(r) for r in g["rules"]),
                int(g["cap"]),
                best=g["take"] == "best",
            )
            for g in data["points"]
        ),
        missing=tuple(_question(q) for q in data["missing"]),
        safety=tuple(_question(q) for q in data["safety"]["questions"]),
        raise_after=timedelta(days=int(data["safety"]["raise_after_days"])),
        downgrade=Downgrade(
            red_needs_human=bool(data["downgrade"]["red_needs_human"]),
            floor=data["downgrade"]["floor"],
            floor_for=timedelta(days=int(data["downgrade"]["floor_days"])),
        ),
        least_sure=LeastSure(**data.get("least_sure", {})),
    )


@cache
def screening(version: str = SCREENING) -> tuple[ScreeningRule, ...]:
    """The screening table of a version."""
    return tuple(
        ScreeningRule(
            rule=r["rule"],
            article=r["article"],
            when=_condition(r),
            instead=r.get("instead"),
            shows=tuple(r.get("shows", ())),
            hard=bool(r.get("hard")),
        )
        for r in _load(version)["rules"]
    )


LATEST = Versions(ANALYSER, POLICY, SCREENING)


@cache
def rules(versions: Versions = LATEST) -> Rules:
    """All rules of a set of versions."""
    return Rules(
        versions,
        analyser(versions.analyser),
        policy(versions.policy),
        screening(versions.screening),
    )


@cache
def flag_of(version: str = ANALYSER) -> Mapping[str, str]:
    """Under which risk flag each sign of an analyser's version is published, where it is."""
    known = {c.code: c.flag for c in cue_set(_named(version, "cues-")).cues.values() if c.flag}
    model = _named(version, "facts-")
    return known | {flag: flag for flag in (facts(model).flags if model else ())}
