"""The embedding beside one computed by plain NumPy, and beside plausible mistakes."""

import hashlib
import pickle
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deploy.embedding_model.__main__ import SHA256, read_weights, write_model
from deploy.embedding_model.network import blocks
from deploy.embedding_model.torch_file import read_tensors
from domain.errors.files import OperationUnavailable
from domain.images import embedding_model
from domain.images.compute_embedding import compute_embedding, prepare_picture
from domain.images.embedding_model import MODEL_FILE, load_network
from domain.images.opencv import Pixels
from domain.images.values import DIMENSIONS
from tests.service import REPOSITORY

Array = NDArray[Any]


@cache
def portrait() -> Pixels:
    with Image.open(REPOSITORY / "docs/examples/portrait.jpg") as image:
        return np.asarray(image.convert("RGB").crop((0, 40, 500, 400)))


@cache
def weights() -> dict[str, NDArray[Any]]:
    return read_tensors(read_weights())


def test_the_model_is_what_plain_arithmetic_gives() -> None:
    picture = prepare_picture(portrait())
    expected = _plain(picture)
    found = load_network().describe(picture)
    assert found.shape == (DIMENSIONS,)
    assert _angle(found, expected) < 0.01
    # The weights have 16 bits.
    assert np.abs(found - expected).max() < 0.02 * expected.max()
    packed = np.frombuffer(compute_embedding(portrait(), load_network()), "<f2")
    assert np.allclose(packed, found, rtol=1e-3, atol=1e-4)


def test_a_picture_is_prepared_as_for_the_training() -> None:
    height, width = portrait().shape[:2]
    side = 0.875 * height
    corner = (width - side) / 2, (height - side) / 2
    box = (*corner, corner[0] + side, corner[1] + side)
    square = Image.fromarray(portrait()).resize((224, 224), Image.Resampling.BICUBIC, box)
    expected = (np.asarray(square, np.float64) - 127) / 128
    assert np.allclose(prepare_picture(portrait()), expected.transpose(2, 0, 1))


@pytest.mark.parametrize("mistake", ["bgr", "mean and deviation", "squashed", "whole"])
def test_plausible_mistakes_give_another_vector(mistake: str) -> None:
    right = prepare_picture(portrait())
    image = Image.fromarray(portrait())
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    short = min(image.size)
    wrong = {
        "bgr": right[::-1],
        "mean and deviation": ((right * 128 + 127) / 255 - mean[:, None, None])
        / deviation[:, None, None],
        "squashed": _levels(image.resize((224, 224), Image.Resampling.BICUBIC)),
        "whole": _levels(
            image.crop((0, 0, short, short)).resize((224, 224), Image.Resampling.BICUBIC)
        ),
    }[mistake]
    network = load_network()
    again = np.frombuffer(compute_embedding(portrait(), network), "<f2").astype(np.float32)
    mistaken = network.describe(np.ascontiguousarray(wrong, np.float32))
    assert _angle(network.describe(right), again) < 0.01
    assert _angle(mistaken, again) > 0.1


def test_another_size_of_the_same_picture_gives_a_near_vector() -> None:
    image = Image.fromarray(portrait())
    small = np.asarray(image.resize((375, 270), Image.Resampling.LANCZOS))
    other = np.asarray(image.rotate(180))
    here, near, far = (
        np.frombuffer(compute_embedding(pixels, load_network()), "<f2").astype(np.float32)
        for pixels in (portrait(), small, other)
    )
    assert _angle(here, near) < 0.5 * _angle(here, far)


def test_weights_are_those_of_the_hash_and_whole() -> None:
    assert hashlib.sha256(read_weights()).hexdigest() == SHA256
    assert weights()["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert len(list(blocks())) == 16
    assert sum(block.skips for block in blocks()) == 9


def test_the_conversion_gives_the_same_file(tmp_path: Path) -> None:
    write_model(tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == MODEL_FILE.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


def test_a_file_of_weights_cannot_call_anything() -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return print, ("called",)

    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        read_tensors(head + pickle.dumps(Evil(), 2))
    with pytest.raises(ValueError, match="another format"):
        read_tensors(pickle.dumps(1) + head)
    assert read_tensors(head + pickle.dumps(OrderedDict(), 2) + pickle.dumps([], 2)) == {}


def test_a_worker_without_the_model_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedding_model, "MODEL_FILE", tmp_path / "none.onnx")
    with pytest.raises(OperationUnavailable, match=r"deploy\.embedding_model"):
        load_network.__wrapped__()


def _levels(image: Image.Image) -> Array:
    return ((np.asarray(image, np.float32) - 127) / 128).transpose(2, 0, 1)


def _angle(one: Array, other: Array) -> float:
    """Give 1 minus the cosine of the angle between two vectors."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    return float(1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def _plain(picture: Array) -> Any:
    """Run the published weights by the definitions of a convolution and a normalisation."""
    values = _layer(picture, "_conv_stem", "_bn0", 2)
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    for number, stride in enumerate(strides):
        name, before = f"_blocks.{number}", values
        if f"{name}._expand_conv.weight" in weights():
            values = _layer(values, f"{name}._expand_conv", f"{name}._bn0")
        values = _layer(values, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        values = _layer(values, f"{name}._project_conv", f"{name}._bn2", clips=False)
        if stride == 1 and values.shape == before.shape:
            values = values + before
    return _layer(values, "_conv_head", "_bn1").mean(axis=(1, 2))


def _layer(values: Array, name: str, norm: str, stride: int = 1, *, clips: bool = True) -> Any:
    kernel = weights()[f"{name}.weight"]
    found = _convolve(values, kernel, stride)
    part = {key: weights()[f"{norm}.{key}"][:, None, None] for key in ("weight", "bias")}
    mean, variance = (weights()[f"{norm}.running_{key}"][:, None, None] for key in ("mean", "var"))
    found = (found - mean) / np.sqrt(variance + 1e-3) * part["weight"] + part["bias"]
    return found.clip(0, 6) if clips else found


def _convolve(values: Array, kernel: Array, stride: int) -> Array:
    filters, seen, size, _ = kernel.shape
    side = values.shape[1]
    out = -(-side // stride)
    added = max((out - 1) * stride + size - side, 0)
    pads = (added // 2, added - added // 2)
    padded = np.pad(values, ((0, 0), pads, pads))
    found = np.zeros((filters, out, out), np.float32)
    for row in range(size):
        for column in range(size):
            rows = slice(row, row + (out - 1) * stride + 1, stride)
            columns = slice(column, column + (out - 1) * stride + 1, stride)
            part = padded[:, rows, columns]
            if seen == 1:
                found += kernel[:, 0, row, column][:, None, None] * part
            else:
                found += np.tensordot(kernel[:, :, row, column], part, 1)
    return found
