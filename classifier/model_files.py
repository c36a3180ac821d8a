"""Where a model's files are: a folder of the operator's, or the cache of the Hugging Face hub."""

import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from errors import SettingsError
from settings_classifier import expanded, is_hub_name

_ONNX = ("model.onnx", "onnx/model.onnx")
_WORDS = ("*.json", "*.txt", "*.model", "*.codes", "*.vocab")  # configuration and tokenizer
_TOKENIZER = ("tokenizer.json", "vocab.*", "*.model", "*.vocab", "*.codes")  # any of them holds its words
# Those that read characters or bytes have no file of words.
_WORDLESS = re.compile(r'"tokenizer_class"\s*:\s*"(?:ByT5|Canine|Perceiver)Tokenizer"')
_SAFE = ("model.safetensors", "model.safetensors.index.json", "model-*.safetensors")
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*.bin")
# An entry of external data in a graph: the key "location"; after it the length of a file's name, and the name.
_LOCATION = re.compile(rb"\x0a\x08location\x12(?=(.{1,128}))", re.DOTALL)


@dataclass(frozen=True)
class ModelFiles:
    """A model on this machine; `onnx` is None when it must run through torch."""

    folder: Path
    onnx: Path | None

    def digest(self) -> str:
        """Of everything that a verdict depends on: weights, configuration and tokenizer."""
        whole = hashlib.sha256(b"torch" if self.onnx is None else str(self.onnx.relative_to(self.folder)).encode())
        for path in sorted({*_matching(self.folder, _WORDS), *self._weights()}):
            with path.open("rb") as stream:
                whole.update(f"\0{path.name}\0{hashlib.file_digest(stream, 'sha256').hexdigest()}".encode())
        return whole.hexdigest()

    def _weights(self) -> list[Path]:
        if self.onnx is None:
            return _matching(self.folder, _SAFE) or _matching(self.folder, _PICKLED)
        return [self.onnx, *_beside(self.onnx)]


def find_model(model: str, file: str = "") -> ModelFiles:
    """The files of a model, fetched from the hub when they are not on this machine.

    A name such as 'owner/name' is one on the hub, whatever stands in the current folder.
    SettingsError says what is missing and what to do; without an ONNX file it asks for torch.
    """
    folder = _from_hub(model, file) if is_hub_name(model) else _folder_at(model)
    if not (folder / "config.json").is_file():
        raise SettingsError("there is no config.json in it: is it the folder of a Hugging Face model?")
    onnx = _onnx_in(folder, file)
    if onnx is None and file:
        raise SettingsError(f"it has no file {file}: correct `file`, or leave it out")
    if onnx is None and not has_torch():
        raise SettingsError(
            "it has no ONNX file, so it needs torch: pip install 'ouvidor[torch]'; or export it once with "
            "`optimum-cli export onnx`, which writes a model.onnx that runs without torch"
        )
    if onnx is None and not (_matching(folder, _SAFE) or _matching(folder, _PICKLED)):
        raise SettingsError("it has no weights: neither model.onnx nor model.safetensors stands in it")
    if not _has_tokenizer(folder):
        raise SettingsError(
            "it has no tokenizer, without which no word can be read: neither tokenizer.json nor a file of its words, "
            "such as vocab.txt or sentencepiece.bpe.model, stands in it; copy what was published with the model"
        )
    return ModelFiles(folder, onnx)


def has_torch() -> bool:
    """Whether the extra `torch` is installed; asked without importing it."""
    return importlib.util.find_spec("torch") is not None


def _folder_at(path: str) -> Path:
    folder = expanded(path)
    if not folder.exists():
        raise SettingsError("there is no such folder: is the path right?")
    if not folder.is_dir():
        raise SettingsError("this is a file: name the folder that it stands in")
    return folder


def _has_tokenizer(folder: Path) -> bool:
    if _matching(folder, _TOKENIZER):
        return True
    described = folder / "tokenizer_config.json"
    return described.is_file() and bool(_WORDLESS.search(described.read_text("utf-8", "replace")))


def _beside(graph: Path) -> list[Path]:
    """Where a large graph keeps its weights: files that it names, of any name."""
    with graph.open("rb") as stream:
        if not stream.read(1):
            return []
        with mmap(stream.fileno(), 0, access=ACCESS_READ) as raw:
            named = {found[1] for found in _LOCATION.finditer(raw)}
    names = {entry[1 : 1 + entry[0]].decode("utf-8", "replace") for entry in named}
    return [path for name in sorted(names) if (path := graph.parent / name).is_file()]


def _onnx_in(folder: Path, file: str) -> Path | None:
    return next((folder / name for name in ((file,) if file else _ONNX) if (folder / name).is_file()), None)


def _matching(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})


def _from_hub(model: str, file: str) -> Path:
    """What the cache holds is not asked for again: a start needs no network, and a model changes when told to."""
    cached = _fetched(model, file, local=True)
    if cached is not None and _runs(cached, file):
        return cached
    try:
        return _fetched(model, file, local=False) or Path(model)
    except SettingsError:
        if cached is None:
            raise
        return cached  # whoever looks into it says what is missing


def _fetched(model: str, file: str, *, local: bool) -> Path | None:
    """The graph where there is one, else the weights for torch; None when `local` and they are not all there."""
    names = (file,) if file else _ONNX
    graphs = [name + end for name in names for end in ("", "_data", ".data")]
    folder = _snapshot(model, [*_WORDS, *graphs], local=local)
    if folder is None or file or _onnx_in(folder, file) or not has_torch():
        return folder
    for weights in (_SAFE, _PICKLED):
        folder = _snapshot(model, [*_WORDS, *weights], local=local) or folder
        if _matching(folder, weights):
            break
    return folder


def _runs(folder: Path, file: str) -> bool:
    if not _has_tokenizer(folder):
        return False
    if _onnx_in(folder, file) is not None:
        return True
    return not file and has_torch() and bool(_matching(folder, _SAFE) or _matching(folder, _PICKLED))


def _snapshot(model: str, patterns: Sequence[str], *, local: bool) -> Path | None:
    """The folder of the hub's cache with the files of these names; None when `local` and they are not all there."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - slow to import, and seldom needed
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError  # noqa: PLC0415 - as above
    from huggingface_hub.utils import disable_progress_bars  # noqa: PLC0415 - as above

    if not sys.stderr.isatty():
        disable_progress_bars()  # a log is no place for them
    try:
        return Path(snapshot_download(model, allow_patterns=list(patterns), local_files_only=local))
    except GatedRepoError:
        reason = "must be asked for on its page on the hub: ask there, then set HF_TOKEN"
    except RepositoryNotFoundError:
        reason = "is not on the hub: is the name spelt right? For a private model set HF_TOKEN"
    except Exception as error:  # the client lets through whatever its transport, the disk and the cache raise
        if local:
            return None
        reason = (
            f"could not be fetched from the hub ({type(error).__name__}): start again when there is a network, "
            "or bring its folder here and name the folder"
        )
    raise SettingsError(f"there is no such folder, and the model of this name {reason}")
