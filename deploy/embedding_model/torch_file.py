"""Reads the tensors of a file of PyTorch's first format, without PyTorch.

The file is five pickles and then the numbers of all storages. A pickle can name any function to
call; this reader allows the four names that such a file needs.

Source:
    PyTorch, torch/serialization.py, ``_legacy_save``; torch/_utils.py, ``_rebuild_tensor_v2``.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

Array = NDArray[Any]


class _Storage(NamedTuple):
    key: str
    dtype: str
    numbers: int


class _Tensor(NamedTuple):
    """Where the numbers of a tensor lie in a storage; offset and strides count numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


_NAMES: dict[tuple[str, str], Callable[..., Any] | str] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class _Reader(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _NAMES[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is not allowed") from None

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _location, numbers, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError("a storage of an unknown kind")
        return _Storage(key, dtype, numbers)


def read_tensors(data: bytes) -> dict[str, Array]:
    """Read the tensors of a file by name.

    Returns:
        Arrays in the order of rows that NumPy uses. The file has other orders: the numbers are
        placed by the strides of each tensor.

    Raises:
        pickle.UnpicklingError: The file names something that is not allowed.
        ValueError: It has another format, or is cut off.
    """
    file = io.BytesIO(data)
    if _read(file) != MAGIC or _read(file) != PROTOCOL:
        raise ValueError("the file has another format")
    _read(file)  # Sizes of C's types where it was written.
    tensors: dict[str, _Tensor] = _read(file)
    storages: dict[str, Array] = {}
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    for key in _read(file):
        numbers = int.from_bytes(file.read(8), "little")
        dtype = np.dtype(dtypes[key])
        storages[key] = np.frombuffer(file.read(numbers * dtype.itemsize), dtype, numbers)
    return {name: _place(tensor, storages) for name, tensor in tensors.items()}


def _read(file: io.BytesIO) -> Any:
    return _Reader(file).load()


def _place(tensor: _Tensor, storages: dict[str, Array]) -> Array:
    numbers = storages[tensor.storage.key][tensor.offset :]
    last = sum(
        (size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    if last >= len(numbers):
        raise ValueError("a tensor is larger than its storage")
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides))
