"""The network that describes pictures: EfficientNet-Lite0, run by onnxruntime."""

import functools
import importlib.util
import sys
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from domain.errors.files import OperationUnavailable

MODEL_FILE = Path(sys.prefix) / "share" / "minilab" / "efficientnet-lite0.onnx"
"""Where `python -m deploy.embedding_model` writes it; a child may read below ``sys.prefix``."""
SIDE_PX = 224

_HOW_TO_SET_UP = "Install minilab[learning], and run `python -m deploy.embedding_model` once."


class Network(Protocol):
    """Describes one picture."""

    def describe(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return 1,280 numbers for a picture of the shape (3, 224, 224), RGB, about -1 to 1."""
        ...


class _OnnxNetwork:
    def __init__(self) -> None:
        import onnxruntime  # noqa: PLC0415 -- an extra, and only in children that use it

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        # Several children share the cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            MODEL_FILE.read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def describe(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        (found,) = self._session.run(["embeddings"], {"pictures": picture[None]})
        return np.asarray(found[0], np.float32)


def find_missing() -> str | None:
    """Say what is missing to run the network, and what to do; None if nothing is."""
    if importlib.util.find_spec("onnxruntime") is None:
        return f"onnxruntime is not installed. {_HOW_TO_SET_UP}"
    return None if MODEL_FILE.is_file() else f"{MODEL_FILE} is missing. {_HOW_TO_SET_UP}"


@functools.cache
def load_network() -> Network:
    """Load the network, once a process.

    Raises:
        OperationUnavailable: It is not installed.
    """
    if (missing := find_missing()) is not None:
        raise OperationUnavailable(missing)
    return _OnnxNetwork()
