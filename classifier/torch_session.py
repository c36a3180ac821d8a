"""Run a model through torch, where the extra of that name is installed."""

import inspect
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from errors import SettingsError


class TorchSession:
    """One model, on `threads` threads of the processor; torch knows one number of threads a process."""

    def __init__(self, folder: Path, threads: int) -> None:
        import torch  # noqa: PLC0415 - slow to import, and not always installed
        from transformers import AutoModelForSequenceClassification  # noqa: PLC0415 - as above
        from transformers.utils import logging  # noqa: PLC0415 - as above

        logging.disable_progress_bar()
        torch.set_num_threads(threads)
        self._torch = torch
        self._model, told = AutoModelForSequenceClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
        )
        # What the file lacks is filled at random: a model without its head would guess.
        if missing := sorted(told["missing_keys"]):
            raise SettingsError(f"its weights lack {', '.join(missing[:3])}: it was never trained to classify texts")
        self._model.eval()
        self._wanted = frozenset(inspect.signature(self._model.forward).parameters)
        self.reads_mask = "attention_mask" in self._wanted

    def logits(self, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float64]:
        """A row of scores for each row of `input_ids`."""
        with self._torch.inference_mode():
            wanted = {name: self._torch.from_numpy(rows) for name, rows in inputs.items() if name in self._wanted}
            found = self._model(**wanted).logits
        return np.asarray(found.numpy(), dtype=np.float64)
