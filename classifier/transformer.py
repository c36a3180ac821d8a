"""Any Hugging Face sequence-classification model, each speaking for one field of the verdict."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
import regex
import structlog
from numpy.typing import NDArray

from classifier.base import Verdict
from classifier.label_names import ours_for
from classifier.model_files import find_model
from classifier.onnx_session import OnnxSession
from classifier.opinions import Opinion, overruled
from classifier.torch_session import TorchSession
from errors import SettingsError
from models import MentionType, Sentiment, Urgency
from settings_classifier import FIELDS, ModelSettings

log = structlog.get_logger()

_CODE = "3"  # raise it when a change of the code changes verdicts
_MOST_TOKENS = 8192  # in a batch, padding included: what bounds the memory
_SLICE = 512  # texts whose tokens are held at a time
_LONGEST_WORD = 200  # characters; a tokenizer in Python takes the square of them
_WIDEST_TOKEN = 64  # characters; no text of words has so many to a token
_LEAST = 0.5  # probability of a label that may hold beside others, or none with it
# Letters, numbers, punctuation and symbols; not what stands for a broken sign, and no letter that is drawn as nothing.
_VISIBLE = regex.compile(r"(?V1)[[\p{L}\p{N}\p{P}\p{S}]--[\p{Default_Ignorable_Code_Point}\ufffd\u2800]]")
# Their positions are counted from beyond the padding's number, so that the last ones cannot be used.
_COUNTED_FROM_PADDING = frozenset(
    (
        *("roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "camembert", "data2vec-text", "xmod"),
        *("mpnet", "longformer", "luke", "ibert", "esm"),
    )
)
Ids = NDArray[np.int64]


class Session(Protocol):
    """What runs a model."""

    reads_mask: bool  # whether it can tell the padding of a text from the text

    def logits(self, inputs: Mapping[str, Ids]) -> NDArray[np.float64]:
        """A row of scores for each row of `input_ids`."""
        ...


class TransformerModel:
    """One model, loaded; SettingsError says what keeps it from being used, and what to do."""

    def __init__(self, settings: ModelSettings) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # one thread; the session has its own
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        self.field = settings.field
        self._batch = settings.batch
        try:
            self._load(settings)
        except SettingsError as error:
            raise SettingsError(f"the model {settings.model} for {settings.field}: {error}") from None
        except Exception as error:  # tokenizers and onnxruntime raise nothing narrower for a broken file
            told = " ".join(str(error).split())[:300]
            if "trust_remote_code" in str(error):
                raise SettingsError(
                    f"the model {settings.model} for {settings.field} brings its own code, and such models are not "
                    "run: choose one that the library transformers knows by itself"
                ) from None
            raise SettingsError(
                f"the model {settings.model} for {settings.field} cannot be loaded: {told}; are its files whole?"
            ) from error

    def _load(self, settings: ModelSettings) -> None:
        files = find_model(settings.model, settings.file)
        from transformers import AutoConfig, AutoTokenizer  # noqa: PLC0415 - seconds to import

        whole = {"local_files_only": True, "trust_remote_code": False}  # the code of a model is never run
        config = AutoConfig.from_pretrained(files.folder, **whole)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(files.folder, **whole)
        self._is_python = not self._tokenizer.is_fast
        if len(self._tokenizer) <= len(set(self._tokenizer.all_special_ids)) + 1:
            raise SettingsError("its tokenizer knows no word: are its files those of this model, and whole?")
        theirs = _labels_in(config)
        self._ours = ours_for(settings.field, theirs, settings.labels)
        self._labels = list(dict.fromkeys(self._ours))
        problem = getattr(config, "problem_type", None)
        if problem == "regression" or (len(theirs) == 1 and settings.field not in ("complaint", "spam")):
            raise SettingsError("it gives one number and no label: choose a model that tells labels apart")
        self._is_sigmoid = problem == "multi_label_classification" or len(theirs) == 1
        self.limit = _limit(config, self._tokenizer, settings.max_tokens)
        threads = settings.threads or max((os.cpu_count() or 2) // 2, 1)
        self._session: Session = (
            TorchSession(files.folder, threads) if files.onnx is None else OnnxSession(files.onnx, threads)
        )
        # Padding on the left moves a text's positions, so there, too, only texts of one length share a batch.
        self._pads = self._tokenizer.padding_side == "right" and self._session.reads_mask
        self._is_warned = False
        self._scores([self._encoded("ok")])
        if self._batch > 1 and not self._reads_together():
            self._batch = 1
        said = repr((_CODE, files.digest(), settings.field, self._ours, self.limit))
        name = re.sub(r"[^\w.-]+", "-", settings.model.rstrip("/").rpartition("/")[2])[:60]
        self.version = f"transformer-{name}-{sha256(said.encode()).hexdigest()[:12]}"

    def _reads_together(self) -> bool:
        """Whether it can read two texts at once; a graph may have been exported for one alone."""
        try:
            self._scores([self._encoded("ok")] * 2)
        except Exception as error:  # a graph's own error names no type of its own
            log.warning("texts_not_read_together", field=self.field, error=type(error).__name__)
            return False
        return True

    def opinions(self, texts: Sequence[str]) -> list[Opinion | None]:
        """One a text, in order.

        None for a text without a visible sign, for one that the model cannot read, and where none of its labels, which
        may all hold or none, is as likely as not.
        """
        readable = [_readable(text) for text in texts]
        told: dict[str, Opinion | None] = {"": None}
        distinct = [text for text in dict.fromkeys(readable) if text]
        for first in range(0, len(distinct), _SLICE):
            some = distinct[first : first + _SLICE]
            told.update(zip(some, self._read(some), strict=True))
        return [told[text] for text in readable]

    def _read(self, texts: Sequence[str]) -> list[Opinion | None]:
        encoded: list[dict[str, list[int]] | None] = []
        for text in texts:
            try:
                encoded.append(self._encoded(text))
            except Exception as error:  # a tokenizer's defect on one text must not cost the others their verdicts
                log.warning("text_not_tokenized", error=type(error).__name__)
                encoded.append(None)
        found: list[Opinion | None] = [None] * len(texts)
        lengths = {place: len(tokens["input_ids"]) for place, tokens in enumerate(encoded) if tokens is not None}
        most = self._batch if self._tokenizer.pad_token_id is not None else 1
        for places in batches(lengths, most, alike=not self._pads):
            batch = [tokens for place in places if (tokens := encoded[place]) is not None]
            for place, scores in zip(places, self._scored(batch), strict=True):
                found[place] = None if scores is None else self._opinion(scores)
        return found

    def _scored(self, batch: Sequence[Mapping[str, list[int]]]) -> list[NDArray[np.float64] | None]:
        """Scores of a batch; where it fails, each text alone, so that one costs none of the others its verdict."""
        try:
            return list(self._scores(batch))
        except Exception as error:  # a graph's own error names no type of its own
            if len(batch) == 1:
                self._scores([self._encoded("ok")])  # where this fails too, it is not the text
                log.warning("text_not_read", error=type(error).__name__)
                return [None]
        return [scores for tokens in batch for scores in self._scored([tokens])]

    def _encoded(self, text: str) -> dict[str, list[int]]:
        """Its tokens, cut at the limit."""
        if self._is_python:
            text = bounded(text, self.limit, keeps_end=self._tokenizer.truncation_side == "left")
        tokens = self._tokenizer(text, truncation=True, max_length=self.limit, return_attention_mask=True)
        return {name: list(numbers) for name, numbers in tokens.items()}

    def _scores(self, batch: Sequence[Mapping[str, list[int]]]) -> NDArray[np.float64]:
        """A row of scores a text, padded to the longest; SettingsError when the graph gives anything else."""
        longest = max(len(tokens["input_ids"]) for tokens in batch)
        padding = {
            "input_ids": self._tokenizer.pad_token_id or 0,
            "token_type_ids": getattr(self._tokenizer, "pad_token_type_id", 0),
        }
        inputs: dict[str, Ids] = {}
        for name in batch[0]:
            rows = np.full((len(batch), longest), padding.get(name, 0), np.int64)
            for row, tokens in zip(rows, batch, strict=True):
                row[: len(tokens[name])] = tokens[name]
            inputs[name] = rows
        found = self._session.logits(inputs)
        if found.shape != (len(batch), len(self._ours)):
            raise SettingsError(
                f"it gives {found.shape} scores for {len(batch)} texts where its config.json tells of "
                f"{len(self._ours)} labels: export it for the task text-classification"
            )
        return found

    def _opinion(self, scores: NDArray[np.float64]) -> Opinion | None:
        if not np.isfinite(scores).all():
            if not self._is_warned:
                self._is_warned = True
                log.warning("scores_are_no_numbers", field=self.field, version=self.version)
            return None
        scores = np.clip(scores, -500, 500)
        if self._is_sigmoid:
            return self._of_independent(1 / (1 + np.exp(-scores)))
        powers = np.exp(scores - scores.max())
        shares = dict.fromkeys(self._labels, 0.0)
        for label, power in zip(self._ours, powers / powers.sum(), strict=True):
            shares[label] += float(power)
        return _best(shares)

    def _of_independent(self, chances: NDArray[np.float64]) -> Opinion | None:
        """Labels that may all hold, or none: the likeliest, and None where none is as likely as not.

        Of true and false the chance of true decides, where the model gives one: theirs need not add up to one.
        """
        shares = dict.fromkeys(self._labels, 0.0)
        for label, chance in zip(self._ours, chances.tolist(), strict=True):
            shares[label] = max(shares[label], chance)
        if "true" in shares or "false" in shares:
            likely = shares["true"] if "true" in shares else 1 - shares["false"]
            shares = {"true": likely, "false": 1 - likely}
        return _best(shares) if max(shares.values()) >= _LEAST else None


class TransformerClassifier:
    """Models alone, without the embedded one: what none of them speaks for is left to a person."""

    def __init__(self, models: Sequence[ModelSettings], sure: float = 0.0) -> None:
        self.models = [TransformerModel(settings) for settings in models]
        self.sure = sure
        self.version = "+".join(model.version for model in self.models)

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order; never raises on any text."""
        blank = Verdict(
            lang="other",
            sentiment=Sentiment.NEUTRAL,
            urgency=Urgency.NORMAL,
            type=MentionType.OTHER,
            complaint=False,
            holds=(),
            version=self.version,
            abstained=("lang", *FIELDS, "holds", "topics"),
        )
        told = [(model.field, model.opinions(texts)) for model in self.models]
        return [
            overruled(blank, {field: said for field, column in told if (said := column[row]) is not None}, self.sure)
            for row in range(len(texts))
        ]


def _best(shares: Mapping[str, float]) -> Opinion:
    """The likeliest label; what is as likely false as true is false."""
    label = max(shares, key=lambda one: (shares[one], one != "true"))
    return Opinion(label, round(min(shares[label], 1.0), 3))


def _readable(text: str) -> str:
    """The text as a tokenizer can take it: halves of pairs joined or replaced, nothing where nothing can be seen."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", " ")
    return whole if _VISIBLE.search(whole) else ""


def bounded(text: str, tokens: int, *, keeps_end: bool = False) -> str:
    """As much of a text as can matter to so many tokens, without words of any length."""
    longest = tokens * _WIDEST_TOKEN
    kept = text[-longest:] if keeps_end else text[:longest]
    return re.sub(rf"(\S{{{_LONGEST_WORD}}})(?=\S)", r"\1 ", kept)


def _labels_in(config: Any) -> list[str]:
    """The model's labels, in the order of its scores."""
    numbers = sorted(config.id2label)
    if numbers != list(range(len(numbers))):
        raise SettingsError(
            f"its config.json numbers its labels {', '.join(map(str, numbers))}: `id2label` must count from 0 and "
            "leave no number out, as its scores do"
        )
    return [str(config.id2label[number]) for number in numbers]


def _limit(config: Any, tokenizer: Any, asked: int) -> int:
    """How many tokens the model can read at once, the special ones included."""
    limits: list[int] = [asked, int(tokenizer.model_max_length)]
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        padding = getattr(config, "pad_token_id", None)
        counted_from = (padding or 0) + 1 if config.model_type in _COUNTED_FROM_PADDING else 0
        limits.append(positions - counted_from)
    return max(min(limits), int(tokenizer.num_special_tokens_to_add()) + 1)


def batches(lengths: Mapping[int, int], most_texts: int, *, alike: bool = False) -> Iterator[list[int]]:
    """Places in batches of texts of about one length, the shortest first: little of a batch is padding.

    alike: only texts of the very same length share a batch, and nothing is padded.
    """
    batch: list[int] = []
    for place in sorted(lengths, key=lengths.__getitem__):
        is_full = len(batch) >= most_texts or (len(batch) + 1) * lengths[place] > _MOST_TOKENS
        if batch and (is_full or (alike and lengths[place] != lengths[batch[0]])):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
