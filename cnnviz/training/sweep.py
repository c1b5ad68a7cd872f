"""A sweep: the same training with several values of some settings, each with several seeds, as one experiment."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from math import prod
from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.models import NetworkSpec
from cnnviz.training.experiments import MOST_RUNS, Experiment
from cnnviz.training.outcomes import OF_SEED
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import say


def sweep(
    spec: TrainingSpec,
    seeds: int = 3,
    *,
    sample: int | None = None,
    title: str = "",
    key: str | None = None,
    **settings: Sequence[Any],
) -> Experiment:
    """Starts a run for each combination of values and each seed, and returns at once.

    The runs differ in nothing else: with one seed all have the same first weights and the same order of images.

    Args:
        spec: what all have in common; its seed is the first one.
        seeds: how many of each combination.
        sample: only so many combinations, chosen at random (random search); ``None``: all of them (grid search).
        title: of the experiment.
        key: the secret of the browser that will command the runs.
        settings: name of a field of ``TrainingSpec`` -> the values to try, such as ``learning_rate=[0.01, 0.1]``.

    Raises:
        CnnvizError: there is no such setting, too many runs, or what ``start`` raises.

    Source: Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 2012.
    """
    specs = sweep_specs(spec, seeds, sample=sample, **settings)
    return Experiment.start(
        title or say("Sweep over {words}", words=", ".join(map(_words, settings)) or "seeds"), specs, key
    )


def sweep_specs(
    spec: TrainingSpec, seeds: int = 3, *, sample: int | None = None, **settings: Sequence[Any]
) -> dict[str, TrainingSpec]:
    """What a sweep would train: what each run is called -> its specification."""
    if not isinstance(seeds, int) or seeds < 1:
        raise CnnvizError(
            say("The number of seeds is {seeds}, but it must be a whole number, 1 or more.", seeds=seeds)
        )
    combinations = _combinations(settings, sample, spec.seed, seeds)
    found: dict[str, TrainingSpec] = {}
    for values in combinations:
        named = ", ".join(f"{_words(name)} {_value(value)}" for name, value in values.items()) or say(
            "all the same"
        )
        chosen = dict(values)
        if {"optimizer", "network", "loss"} & set(chosen) and "learning_rate" not in chosen:
            chosen["learning_rate"] = None  # each with the rate that suits it
        for seed in range(spec.seed, spec.seed + seeds):
            found[f"{named}{OF_SEED}{seed}"] = replace(spec, **chosen, seed=seed)
    return found


WHOLE = ("batch_size", "epochs", "limit", "patience", "validations")
REAL = ("learning_rate", "weight_decay", "l1", "clip", "label_smoothing", "share", "noise")
NAMES = ("optimizer", "schedule", "loss", "initialisation", "network", "dataset", "precision", "augmentation")


def read_values(name: str, text: str) -> list[Any]:
    """The values of a setting from a line such as ``0.01, 0.1, none``; ``flip+crop`` is several augmentations.

    Raises:
        CnnvizError: it holds no values of this setting.
    """
    words = [word.strip() for word in text.replace(";", ",").split(",") if word.strip()]
    if not words:
        raise CnnvizError(say("Write the values of '{words}' with commas between them.", words=_words(name)))
    return [_read(name, word) for word in dict.fromkeys(words)]


def _read(name: str, word: str) -> Any:
    if name == "augmentation":
        return () if word == "none" else tuple(word.split("+"))
    if word == "none" and name in ("clip", "patience", "limit"):
        return None
    try:
        return int(word) if name in WHOLE else float(word) if name in REAL else word
    except ValueError:
        kind = "a whole number" if name in WHOLE else "a number"
        raise CnnvizError(
            say(
                "“{word}” is no value of '{words}': write {kind}.",
                word=word[:40],
                words=_words(name),
                kind=kind,
            )
        ) from None


def _combinations(
    settings: Mapping[str, Sequence[Any]], sample: int | None, seed: int, seeds: int
) -> list[dict[str, Any]]:
    known = {field.name for field in fields(TrainingSpec)} - {"seed"}
    for name, values in settings.items():
        if name not in known:
            raise CnnvizError(
                say(
                    "A training has no setting '{name}' to try. It has: {known}.",
                    name=name,
                    known=", ".join(sorted(known)),
                )
            )
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise CnnvizError(
                say(
                    "The values of '{name}' are {values!r:.60}, but must be a list such as [0.01, 0.1].",
                    name=name,
                    values=values,
                )
            )
    count = prod(len(values) for values in settings.values())
    chosen = count if sample is None else min(max(1, sample), count)
    if chosen * seeds > MOST_RUNS:
        raise CnnvizError(
            say(
                "{chosen:,} combinations with {seeds} seeds are {chosen2:,} runs, and an experiment has at most {most_runs}. "
                "Choose fewer values or seeds, or a random sample of the combinations.",
                chosen=chosen,
                seeds=seeds,
                chosen2=chosen * seeds,
                most_runs=MOST_RUNS,
            )
        )
    names = list(settings)
    if sample is None:
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*settings.values())]
    numbers = random.Random(seed).sample(range(count), chosen)
    return [_combination(settings, number) for number in sorted(numbers)]


def _combination(settings: Mapping[str, Sequence[Any]], number: int) -> dict[str, Any]:
    """The combination with this number in the grid, without making the others."""
    found = {}
    for name, values in reversed(list(settings.items())):
        number, place = divmod(number, len(values))
        found[name] = values[place]
    return {name: found[name] for name in settings}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, NetworkSpec):
        return value.name
    if isinstance(value, list | tuple):
        return "+".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
