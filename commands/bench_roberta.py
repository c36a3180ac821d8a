"""A model as large as RoBERTa-base with random weights, for `ouvidor bench`: its speed is that of a trained one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

_OPSET = 17
_SPREAD = 0.02  # of the weights, as such a model begins its training


@dataclass(frozen=True)
class Size:
    """What makes a model large; RoBERTa-base's own numbers unless told otherwise."""

    layers: int = 12
    hidden: int = 768
    heads: int = 12
    inner: int = 3072
    vocabulary: int = 50_265
    positions: int = 514
    labels: int = 3


def parameters(size: Size) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The name and the shape of every table of weights."""
    hidden, inner = size.hidden, size.inner
    yield "words", (size.vocabulary, hidden)
    yield "positions", (size.positions, hidden)
    yield "kinds", (1, hidden)
    yield from _norm("embedded", hidden)
    for layer in range(size.layers):
        for part in ("query", "key", "value", "attended"):
            yield from _linear(f"{layer}.{part}", hidden, hidden)
        yield from _norm(f"{layer}.attended", hidden)
        yield from _linear(f"{layer}.wide", hidden, inner)
        yield from _linear(f"{layer}.narrow", inner, hidden)
        yield from _norm(f"{layer}.narrow", hidden)
    yield from _linear("pooled", hidden, hidden)
    yield from _linear("labels", hidden, size.labels)


def _linear(name: str, wide: int, out: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (wide, out)
    yield f"{name}.bias", (out,)


def _norm(name: str, hidden: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.scale", (hidden,)
    yield f"{name}.shift", (hidden,)


def build(folder: Path, size: Size | None = None, seed: int = 1) -> Path:
    """Write model.onnx and, beside it, its weights; the path of the graph.

    The graph takes input_ids, attention_mask and position_ids of (text, token) and gives logits of (text, label).
    """
    size = size or Size()
    weights = _written(folder / "model.bin", size, np.random.default_rng(seed))
    graph = _Graph()
    logits = _roberta(graph, size)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["text", "token"])
        for name in ("input_ids", "attention_mask", "position_ids")
    ]
    output = helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["text", size.labels])
    made = helper.make_graph(graph.nodes, "roberta", inputs, [output], [*weights, *graph.constants])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    path = folder / "model.onnx"
    onnx.save_model(model, path)
    return path


def _written(path: Path, size: Size, random: np.random.Generator) -> list[TensorProto]:
    """Random weights in one file, one table after the other, and what tells the graph where each lies."""
    tensors = []
    with path.open("wb") as stream:
        for name, shape in parameters(size):
            tensor = TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT)
            tensor.data_location = TensorProto.EXTERNAL
            raw = _values(name, shape, random).tobytes()
            for key, value in (("location", path.name), ("offset", stream.tell()), ("length", len(raw))):
                tensor.external_data.add(key=key, value=str(value))
            stream.write(raw)
            tensors.append(tensor)
    return tensors


def _values(name: str, shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float32]:
    if name.endswith((".bias", ".shift")):
        return np.zeros(shape, np.float32)
    if name.endswith(".scale"):
        return np.ones(shape, np.float32)
    values: NDArray[np.float32] = random.standard_normal(shape, np.float32) * np.float32(_SPREAD)
    return values


class _Graph:
    """The nodes in the order of their work; each is called after its number."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[TensorProto] = []

    def do(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        """Add one node; the name of what it gives."""
        output = name or f"node{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def number(self, value: float) -> str:
        return self._constant(TensorProto.FLOAT, [], [value])

    def numbers(self, *values: int) -> str:
        return self._constant(TensorProto.INT64, [len(values)], values)

    def _constant(self, kind: int, shape: list[int], values: object) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(helper.make_tensor(name, kind, shape, values))
        return name

    def linear(self, name: str, over: str) -> str:
        return self.do("Add", self.do("MatMul", over, f"{name}.weight"), f"{name}.bias")

    def norm(self, name: str, over: str) -> str:
        return self.do("LayerNormalization", over, f"{name}.scale", f"{name}.shift", axis=-1, epsilon=1e-5)


def _roberta(graph: _Graph, size: Size) -> str:
    do = graph.do
    mask = do("Sub", graph.number(1), do("Cast", "attention_mask", to=TensorProto.FLOAT))
    mask = do("Unsqueeze", do("Mul", mask, graph.number(-10_000)), graph.numbers(1, 2))
    embedded = do("Add", do("Gather", "words", "input_ids"), do("Gather", "positions", "position_ids"))
    state = graph.norm("embedded", do("Add", embedded, "kinds"))
    for layer in range(size.layers):
        attended = graph.linear(f"{layer}.attended", _attended(graph, f"{layer}", state, mask, size))
        state = graph.norm(f"{layer}.attended", do("Add", attended, state))
        wide = graph.linear(f"{layer}.wide", state)
        bent = do("Add", do("Erf", do("Div", wide, graph.number(math.sqrt(2)))), graph.number(1))
        wide = do("Mul", do("Mul", wide, bent), graph.number(0.5))
        state = graph.norm(f"{layer}.narrow", do("Add", graph.linear(f"{layer}.narrow", wide), state))
    first = do("Squeeze", do("Slice", state, graph.numbers(0), graph.numbers(1), graph.numbers(1)), graph.numbers(1))
    pooled = do("Tanh", graph.linear("pooled", first))
    return do("Add", do("MatMul", pooled, "labels.weight"), "labels.bias", name="logits")


def _attended(graph: _Graph, layer: str, state: str, mask: str, size: Size) -> str:
    """What each token takes from the others of its text."""
    do, width = graph.do, size.hidden // size.heads
    parts = graph.numbers(0, 0, size.heads, width)

    def part(name: str, order: list[int]) -> str:
        return do("Transpose", do("Reshape", graph.linear(f"{layer}.{name}", state), parts), perm=order)

    likeness = do("MatMul", part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]))
    likeness = do("Div", likeness, graph.number(math.sqrt(width)))
    shares = do("Softmax", do("Add", likeness, mask), axis=-1)
    taken = do("Transpose", do("MatMul", shares, part("value", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
    return do("Reshape", taken, graph.numbers(0, 0, size.hidden))
