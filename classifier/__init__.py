"""Tag what was heard: language, sentiment, urgency, type and holds."""

import json
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from classifier import learned
from classifier.base import Classifier
from classifier.learned import Learned
from settings_classifier import ClassifierSettings, RuleSettings

_OUTDATED = "What was learned from corrections was learned on other weights and is not used: run `ouvidor learn`."


def configured(settings: ClassifierSettings | None = None, rules: Sequence[RuleSettings] = ()) -> Classifier:
    """The classifier that the settings ask for, made once; without settings, the embedded one as it was packaged.

    SettingsError when a model of theirs cannot be used: it names the model and what to do. DamagedError when what was
    learned cannot be read.
    """
    settings = settings or ClassifierSettings()
    written = json.dumps([rule.model_dump_json() for rule in rules])
    return _made(settings.model_dump_json(), written, _learned(settings))


@cache
def _made(written: str, rules: str, found: Learned | None) -> Classifier:
    """By the settings as JSON: lists cannot be remembered by."""
    settings = ClassifierSettings.model_validate_json(written)
    classifier = _embedded(settings.learned, found)
    if settings.model and settings.when != "never":
        from classifier.tiers import Tiered  # noqa: PLC0415 - needs numpy; the contract alone does not
        from classifier.transformer import TransformerClassifier  # noqa: PLC0415

        classifier = Tiered(classifier, TransformerClassifier(settings.model, settings.sure), settings.when)
    if decided := [RuleSettings.model_validate_json(rule) for rule in json.loads(rules)]:
        from classifier.operator_rules import Ruled  # noqa: PLC0415 - as above

        classifier = Ruled(classifier, decided)
    return classifier


def _learned(settings: ClassifierSettings) -> Learned | None:
    folder = Path(settings.learned)
    return learned.in_force(folder) if folder.is_absolute() else None


def _embedded(folder: str, found: Learned | None) -> Classifier:
    packaged = _packaged()
    if found is not None and found.packaged == packaged.version:
        return _relearned(folder, found)
    if found is not None:
        logging.getLogger(__name__).warning(_OUTDATED)
    return packaged


@cache
def _packaged() -> Classifier:
    from classifier.embedded import EmbeddedClassifier  # noqa: PLC0415 - reads weights; the contract alone needs none

    return EmbeddedClassifier()


@cache
def _relearned(folder: str, found: Learned) -> Classifier:
    from classifier.embedded import EmbeddedClassifier  # noqa: PLC0415 - as above
    from classifier.linear import load  # noqa: PLC0415 - as above

    return EmbeddedClassifier(load(learned.weights(Path(folder), found), found.file))
