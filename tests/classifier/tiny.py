"""A small real model, made on the spot: a BERT of one layer whose weights tell praise from blame."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file


def _words(text: str) -> list[str]:
    return text.split()


SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PRAISE = _words(
    "amei adorei otimo otima excelente maravilhoso maravilhosa perfeito obrigada obrigado parabens recomendo "
    "love loved great excellent wonderful perfect thanks amazing best genial encanta gracias feliz"
)
BLAME = _words(
    "pessimo pessima horrivel descaso vergonha absurdo golpe quebrado atraso nunca odeio ruim lixo "
    "awful terrible horrible broken worst hate scam never late fatal malo mala estafa roto verguenza"
)
PLAIN = _words(
    "a o e de do da que nao no na em um uma com para por se os as mais como mas foi ao ele ela das dos meu minha "
    "pedido loja produto entrega atendimento chegou comprei dias nada chegar muito hoje ontem aqui onde quando the "
    "is was my it i to of and you for on with this that not order store product delivery service day week el la "
    "los las un mi en es fue muy tienda pedidos producto ##s ##ndo ##mente ##ed ##ing . , ! ? : ; - ' @ # 0 1 2 3 4"
)
VOCABULARY = list(dict.fromkeys((*SPECIAL, *PRAISE, *BLAME, *PLAIN)))
LABELS = ("negative", "neutral", "positive")
_SIZE, _INNER, _LONGEST = 8, 16, 64
_EPSILON = 1e-12
Weights = Mapping[str, NDArray[np.float32]]


def tiny_model(
    folder: Path,
    *,
    labels: Sequence[str] = LABELS,
    onnx_file: str = "model.onnx",
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    safetensors: bool = False,
    without: str = "",
    **config: object,
) -> Path:
    """Write the model as a Hugging Face folder, as a graph, as weights for torch, or as both.

    onnx_file: "" writes no graph; without: weights whose names begin so are left out; config: what config.json says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = _weights(len(labels))
    if onnx_file:
        path = folder / onnx_file
        path.parent.mkdir(exist_ok=True)
        onnx.save(_graph(weights, inputs), path)
    if safetensors:
        kept = {name: value for name, value in weights.items() if not without or not name.startswith(without)}
        save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    described = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "vocab_size": len(VOCABULARY),
        "hidden_size": _SIZE,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "intermediate_size": _INNER,
        "max_position_embeddings": _LONGEST,
        "type_vocab_size": 2,
        "layer_norm_eps": _EPSILON,
        "pad_token_id": 0,
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
        **config,
    }
    (folder / "config.json").write_text(json.dumps(described))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": _LONGEST})
    )
    return folder


def _weights(labels: int) -> Weights:
    """The first number of a word's vector says praise, the second blame; all others are noise that must not matter."""
    random = np.random.default_rng(7)

    def noise(*shape: int, size: float = 0.01) -> NDArray[np.float64]:
        return random.normal(0, size, shape)

    words = noise(len(VOCABULARY), _SIZE, size=1.0)
    words[:, :2] = 0
    words[:, 2:] -= words[:, 2:].mean(axis=1, keepdims=True)  # or else the norms would move the first two
    for number, word in enumerate(VOCABULARY):
        if word in PRAISE or word in BLAME:
            words[number] = noise(_SIZE)
            words[number, :2] += (3, -3) if word in PRAISE else (-3, 3)
    same = np.eye(_SIZE)
    outcome = noise(labels, _SIZE)
    outcome[:3, 0] += (-8, 0, 8)[:labels]
    layer = "bert.encoder.layer.0."
    found = {
        "bert.embeddings.word_embeddings.weight": words,
        "bert.embeddings.position_embeddings.weight": noise(_LONGEST, _SIZE),
        "bert.embeddings.token_type_embeddings.weight": noise(2, _SIZE),
        **_norm("bert.embeddings.LayerNorm"),
        **_dense(f"{layer}attention.self.query", noise(_SIZE, _SIZE)),
        **_dense(f"{layer}attention.self.key", noise(_SIZE, _SIZE)),
        **_dense(f"{layer}attention.self.value", 5 * same + noise(_SIZE, _SIZE)),
        **_dense(f"{layer}attention.output.dense", same + noise(_SIZE, _SIZE)),
        **_norm(f"{layer}attention.output.LayerNorm"),
        **_dense(f"{layer}intermediate.dense", noise(_INNER, _SIZE)),
        **_dense(f"{layer}output.dense", noise(_SIZE, _INNER)),
        **_norm(f"{layer}output.LayerNorm"),
        **_dense("bert.pooler.dense", 3 * same + noise(_SIZE, _SIZE)),
        "classifier.weight": outcome,
        "classifier.bias": np.array((0.0, 4.0, 0.0, 0.0, 0.0))[:labels],
    }
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in found.items()}


def _norm(name: str) -> dict[str, NDArray[np.float64]]:
    return {f"{name}.weight": np.ones(_SIZE), f"{name}.bias": np.zeros(_SIZE)}


def _dense(name: str, weight: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return {f"{name}.weight": weight, f"{name}.bias": np.zeros(weight.shape[0])}


class _Graph:
    """Nodes in the order in which they are named."""

    def __init__(self, weights: Weights) -> None:
        self.constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
        self.nodes: list[onnx.NodeProto] = []

    def __call__(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: object, kind: type = np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype=kind), name))
        return name

    def dense(self, found: str, name: str) -> str:
        turned = self("Transpose", f"{name}.weight", perm=[1, 0])
        return self("Add", self("MatMul", found, turned), f"{name}.bias")

    def norm(self, found: str, name: str) -> str:
        return self("LayerNormalization", found, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=_EPSILON)


def _graph(weights: Weights, names: Sequence[str]) -> onnx.ModelProto:
    """The same network as torch makes of the weights; `names` are its inputs, of which it uses the usual three.

    Without a mask it reads its padding as it reads words.
    """
    graph = _Graph(weights)
    layer = "bert.encoder.layer.0."
    length = graph("Gather", graph("Shape", "input_ids"), graph.constant(1, np.int64))
    places = graph("Range", graph.constant(0, np.int64), length, graph.constant(1, np.int64))
    words = graph("Gather", "bert.embeddings.word_embeddings.weight", "input_ids")
    positions = graph("Gather", "bert.embeddings.position_embeddings.weight", places)
    types = "token_type_ids" if "token_type_ids" in names else graph.constant(0, np.int64)
    kind = graph("Gather", "bert.embeddings.token_type_embeddings.weight", types)
    found = graph.norm(graph("Add", graph("Add", words, positions), kind), "bert.embeddings.LayerNorm")
    query, key, value = (graph.dense(found, f"{layer}attention.self.{name}") for name in ("query", "key", "value"))
    scores = graph("MatMul", query, graph("Transpose", key, perm=[0, 2, 1]))
    scores = graph("Div", scores, graph.constant(np.sqrt(_SIZE)))
    mask = "attention_mask" if "attention_mask" in names else graph("Equal", "input_ids", "input_ids")
    padded = graph("Sub", graph.constant(1), graph("Cast", mask, to=TensorProto.FLOAT))
    hidden = graph("Unsqueeze", graph("Mul", padded, graph.constant(-1e9)), graph.constant([1], np.int64))
    shares = graph("Softmax", graph("Add", scores, hidden), axis=-1)
    seen = graph.dense(graph("MatMul", shares, value), f"{layer}attention.output.dense")
    found = graph.norm(graph("Add", seen, found), f"{layer}attention.output.LayerNorm")
    inner = graph.dense(found, f"{layer}intermediate.dense")
    error = graph("Add", graph("Erf", graph("Div", inner, graph.constant(np.sqrt(2)))), graph.constant(1))
    inner = graph("Mul", graph("Mul", inner, graph.constant(0.5)), error)
    found = graph.norm(graph("Add", graph.dense(inner, f"{layer}output.dense"), found), f"{layer}output.LayerNorm")
    first = graph("Gather", found, graph.constant(0, np.int64), axis=1)
    pooled = graph("Tanh", graph.dense(first, "bert.pooler.dense"))
    graph("Identity", graph.dense(pooled, "classifier"), name="logits")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in names]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "labels"])]
    built = helper.make_graph(graph.nodes, "tiny", inputs, outputs, graph.constants)
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model
