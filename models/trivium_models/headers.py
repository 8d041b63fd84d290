"""The tensors of a checkpoint, read from its safetensors headers without loading a weight.

Raises ModelDamaged when files are missing, cut short or not what they should be, and ModelUnfit
for weights that exist only as a pickle. Must not import torch.

The format: https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from trivium_models.errors import ModelDamaged, ModelUnfit

_HEADER_LIMIT = 100_000_000
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.msgpack", "*.h5")


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor as a header announces it."""

    name: str
    dtype: str
    """As safetensors names it: `F32`, `BF16`, `I64`."""
    shape: tuple[int, ...]
    bytes: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


def read_tensors(folder: Path, name: str) -> list[Tensor]:
    """The tensors of a folder's safetensors files; `name` is the model's, for messages."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        return _sharded(index, name)
    single = folder / "model.safetensors"
    if single.is_file():
        return list(_header(single, name))
    if any(next(folder.glob(pattern), None) for pattern in _PICKLES):
        raise ModelUnfit(
            f"{name} has its weights only as a pickle, which can run code when it is read: "
            "take a version of it with model.safetensors."
        )
    raise ModelDamaged(f"{name} has no weights: there is no model.safetensors in {folder}.")


def read_json(path: Path) -> object:
    """The content of a JSON file; None if there is none or it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


_IN_LAYER = re.compile(r"(^|\.)\d+\.")
_DERIVED = re.compile(
    r"(inv_freq|masked_bias|(attn|attention)\.bias|position_ids|"
    r"EncDecAttention\.relative_attention_bias\.weight)$"
)
"""What older files hold in their layers beside what was learned."""


def some(names: Sequence[str]) -> str:
    """A few of many names, with the verb that follows them."""
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} more are"
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def refuse_incomplete(missing: Iterable[str], name: str) -> None:
    """Raise ModelDamaged for weights that a model has and its files have not.

    transformers fills them with random numbers and says so in a log only.
    """
    names = sorted(missing)
    if names:
        raise ModelDamaged(
            f"{name} is not complete: {some(names)} not in its weights; fetch or export it again."
        )


def refuse_surplus(unused: Iterable[str], name: str) -> None:
    """Raise ModelUnfit for weights within a layer that the model does not compute with.

    The network was another one when they were learned: an adapter, quantised weights, biases that
    the configuration denies. Heads for other tasks lie beside the layers and do no harm.
    """
    names = sorted(each for each in unused if _IN_LAYER.search(each) and not _DERIVED.search(each))
    if names:
        raise ModelUnfit(
            f"{name} has weights that its configuration has no place for ({some(names)} not used): "
            "it is adapted, quantised or belongs to another config.json; take the plain weights, "
            "with adapters merged, as they were published."
        )


def _sharded(index: Path, name: str) -> list[Tensor]:
    content = read_json(index)
    where = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(where, dict) or not where:
        raise ModelDamaged(f"{index.name} of {name} cannot be read.")
    tensors: list[Tensor] = []
    for shard in sorted({str(shard) for shard in where.values()}):
        if Path(shard).name != shard or not (index.parent / shard).is_file():
            raise ModelDamaged(f"{name} is not complete: {shard} is missing.")
        tensors += _header(index.parent / shard, name)
    missing = sorted(set(where) - {tensor.name for tensor in tensors})
    if missing:
        raise ModelDamaged(f"{name} is not complete: {some(missing)} not in its files.")
    return tensors


def _header(path: Path, name: str) -> Iterator[Tensor]:
    """The tensors that a file announces, if it is exactly as long as it says."""
    damaged = ModelDamaged(f"{path.name} of {name} is cut short or is not a safetensors file.")
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_HEADER_LIMIT, size - 8):
            raise damaged
        try:
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            ends = [tensor["data_offsets"][1] for tensor in header.values()]
            if not ends or 8 + length + max(ends) != size:
                raise damaged
            for tensor, facts in header.items():
                start, end = facts["data_offsets"]
                yield Tensor(tensor, facts["dtype"], tuple(facts["shape"]), end - start)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise damaged from error
