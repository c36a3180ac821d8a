"""Run a model's graph through onnxruntime: no torch."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from errors import SettingsError

Ids = NDArray[np.int64]
_FED = ("input_ids", "attention_mask", "token_type_ids", "position_ids")


class OnnxSession:
    """One graph, on `threads` threads of the processor."""

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime  # noqa: PLC0415 - slow to import, and seldom needed

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # what waits uses no processor
        options.log_severity_level = 3  # errors
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._types = {entry.name: entry.type for entry in self._session.get_inputs()}
        unknown = sorted(self._types.keys() - set(_FED))
        if unknown or "input_ids" not in self._types:
            wants = ", ".join(unknown) or "no input_ids"
            raise SettingsError(f"{path.name} is no graph of a text model: it wants {wants}; export it again")
        self.reads_mask = "attention_mask" in self._types
        outputs = [entry.name for entry in self._session.get_outputs()]
        self._output = "logits" if "logits" in outputs else outputs[0]

    def logits(self, inputs: Mapping[str, Ids]) -> NDArray[np.float64]:
        """A row of scores for each row of `input_ids`."""
        shape = inputs["input_ids"].shape
        fed = {
            "token_type_ids": np.zeros(shape, np.int64),
            "position_ids": np.broadcast_to(np.arange(shape[1], dtype=np.int64), shape),
            **inputs,
        }
        wanted = {
            name: fed[name].astype(np.int32 if "int32" in kind else np.int64) for name, kind in self._types.items()
        }
        (found,) = self._session.run([self._output], wanted)
        return np.asarray(found, dtype=np.float64)
