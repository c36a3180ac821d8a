"""Where a model's files are: a folder of the operator's, or the cache of the Hugging Face hub."""

import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from errors import SettingsError

_ONNX = ("model.onnx", "onnx/model.onnx")
_WORDS = ("*.json", "*.txt", "*.model", "*.codes", "*.vocab")  # configuration and tokenizer
_SAFE = ("model.safetensors", "model.safetensors.index.json", "model-*.safetensors")
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*.bin")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")


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
        # Large graphs keep their weights in files beside them.
        beside = _matching(self.onnx.parent, (f"{self.onnx.stem}*", "*.data", "*_data"))
        others = (".onnx", ".safetensors", ".bin")
        return [self.onnx, *(path for path in beside if path.suffix not in others)]


def find_model(model: str, file: str = "") -> ModelFiles:
    """The files of a model, fetched from the hub when they are not on this machine.

    SettingsError says what is missing and what to do; without an ONNX file it asks for torch.
    """
    place = Path(model).expanduser()
    if place.is_dir():
        folder = place
    elif place.exists():
        raise SettingsError("this is a file: name the folder that it stands in")
    elif model.startswith((".", "~", "/")) or not _HUB_NAME.fullmatch(model):
        raise SettingsError("there is no such folder: is the path right?")
    else:
        folder = _from_hub(model, file)
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
    return ModelFiles(folder, onnx)


def has_torch() -> bool:
    """Whether the extra `torch` is installed; asked without importing it."""
    return importlib.util.find_spec("torch") is not None


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
