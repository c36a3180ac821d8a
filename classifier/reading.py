"""Reads a batch of texts once: its characters, words, language, phrases, word classes and feelings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.classes import word_classes
from classifier.language import OTHER, languages
from classifier.lexicon import LANGUAGES, lexicon
from classifier.polarity import feelings, marks
from classifier.text import Batch, normalise
from classifier.words import split, written_out

SURE_OF_LANGUAGE = 0.8  # below it the lists of all languages are read
# Portuguese and Spanish share words and a specialist; each reads the other's feelings after its own.
_FEELS: Mapping[str, tuple[str, ...]] = {"pt": ("pt", "es"), "es": ("es", "pt"), "en": ("en",)}


@dataclass(frozen=True)
class Reading:
    """What was read of each text, in order."""

    batch: Batch
    words: list[list[str]]  # folded, shorthand written out
    spoken: list[tuple[str, float]]  # the language and how sure that is
    signals: list[dict[str, int]]  # phrases of each signal
    classes: list[tuple[list[int], list[int]]]  # numbers of word classes, and where they stand
    felt: list[list[float]]  # what each feeling word weighs


def read(texts: Sequence[str], spoken: Sequence[tuple[str, float]] | None = None) -> Reading:
    """Reads the texts; never raises, whatever they hold.

    spoken: the language of each and how sure that is, where it is known, as of the sentences of one text.
    """
    batch = normalise(texts)
    split_words = [split(folded) for folded in batch.words]
    told = list(spoken) if spoken is not None else languages(batch.plain, split_words)
    words: list[list[str]] = []
    signals: list[dict[str, int]] = []
    classes: list[tuple[list[int], list[int]]] = []
    felt: list[list[float]] = []
    for said, (lang, sure), plain in zip(split_words, told, batch.plain, strict=True):
        is_sure = lang != OTHER and sure >= SURE_OF_LANGUAGE
        written = written_out(said, lang)
        heard = (lang,) if is_sure else LANGUAGES
        words.append(written)
        signals.append(lexicon(heard).signals(written))
        classes.append(word_classes(heard).of(written))
        felt.append(feelings(_FEELS[lang] if is_sure else LANGUAGES).of(written, marks(plain)))
    return Reading(batch, words, told, signals, classes, felt)
