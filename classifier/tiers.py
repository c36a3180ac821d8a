"""The embedded model, and beside it the models that the operator named."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from classifier.base import Classifier, Explains, Reasons, Verdict
from classifier.opinions import Opinion, overruled
from classifier.transformer import TransformerClassifier


class Tiered:
    """Named models speak for their fields: of every text, or of those on which the embedded one abstained."""

    def __init__(
        self, embedded: Classifier, transformer: TransformerClassifier, when: Literal["always", "abstained"]
    ) -> None:
        self._embedded, self._transformer, self._when = embedded, transformer, when
        self.version = f"{embedded.version}+{transformer.version}+{when}-{transformer.sure:g}"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order; never raises on any text."""
        verdicts = self._embedded.classify(texts)
        told: list[dict[str, Opinion]] = [{} for _ in texts]
        for model in self._transformer.models:
            asked = [
                place
                for place, verdict in enumerate(verdicts)
                if self._when == "always" or model.field in verdict.abstained
            ]
            for place, opinion in zip(asked, model.opinions([texts[place] for place in asked]), strict=True):
                if opinion is not None:
                    told[place][model.field] = opinion
        return [
            replace(overruled(verdict, opinions, self._transformer.sure), version=self.version)
            for verdict, opinions in zip(verdicts, told, strict=True)
        ]

    def reasons(self, text: str) -> Reasons:
        """The embedded model's, for the fields that it decides; the others give none."""
        if not isinstance(self._embedded, Explains):
            return {}
        spoken_for = {model.field for model in self._transformer.models}
        if self._when == "abstained":
            spoken_for &= {*self._embedded.classify([text])[0].abstained}
        return {field: words for field, words in self._embedded.reasons(text).items() if field not in spoken_for}
