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
        return [
            replace(overruled(verdict, opinions, self._transformer.sure), version=self.version)
            for verdict, opinions in zip(verdicts, self._told(texts, verdicts), strict=True)
        ]

    def reasons(self, text: str) -> Reasons:
        """The embedded model's, for the fields in which its word stands; the others give none."""
        if not isinstance(self._embedded, Explains):
            return {}
        verdicts = self._embedded.classify([text])
        (opinions,) = self._told([text], verdicts)
        changed = overruled(verdicts[0], opinions, self._transformer.sure)
        return {
            field: words
            for field, words in self._embedded.reasons(text).items()
            if field not in opinions and getattr(changed, field) == getattr(verdicts[0], field)
        }

    def _told(self, texts: Sequence[str], verdicts: Sequence[Verdict]) -> list[dict[str, Opinion]]:
        """What the models that are asked of each text say, by field."""
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
        return told
