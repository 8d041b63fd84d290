"""Turning a GGUF file into a checkpoint that loads in under a second.

Reading a GGUF through transformers takes 15 s for the default model, the same weights as
safetensors less than one, so it is done once. `convert` runs this module in a process of its own:
torch is imported only there, and its memory is given back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from trivium_models import machine
from trivium_models.catalog import largest
from trivium_models.errors import ModelDamaged
from trivium_models.inspect import check_memory
from trivium_models.types import Art

_BF16 = 2
_QUIET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "OMP_WAIT_POLICY": "PASSIVE"}
_DIGIT_SPLITTERS = ("smollm", "starcoder", "refact", "command-r", "codeshell")
"""Pre-tokenizers, as llama.cpp names them, that cut numbers into digits before GPT-2's pattern."""


def convert(packed: Path, into: Path) -> None:
    """Write model.safetensors (bfloat16), configuration and tokenizer of a GGUF into a folder.

    Raises ModelDamaged if it cannot be read or converted, ModelUnfit if it exceeds the memory.
    """
    splitter = check(packed)
    # -P keeps the current folder, which may be anyone's workspace, out of the import path.
    command = [sys.executable, "-P", "-m", "trivium_models.gguf", str(packed), str(into), splitter]
    done = subprocess.run(
        command,
        env={**os.environ, **_QUIET},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise ModelDamaged(f"{packed.name} could not be converted: {reason}")


def check(packed: Path) -> str:
    """Read the header: is the file whole, and would it fit into memory? Its pre-tokenizer.

    Raises ModelDamaged or ModelUnfit.
    """
    from gguf import GGUFReader

    try:
        reader = GGUFReader(packed)
    except Exception as error:  # whatever numpy makes of bytes that are not a GGUF's
        raise ModelDamaged(f"{packed} is cut short or is not a GGUF file.") from error
    parameters = sum(int(tensor.n_elements) for tensor in reader.tensors)
    free = machine.available_memory()
    example = largest(Art.DECODER, free // _BF16).name
    check_memory(parameters, _BF16, free, packed.name, example)
    field = reader.get_field("tokenizer.ggml.pre")
    return str(field.contents()) if field else ""


def _convert_here(packed: Path, into: Path, splitter: str) -> None:
    import torch
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        packed.parent,
        gguf_file=packed.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    model.save_pretrained(into)
    tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
    tokenizer.model_max_length = model.config.max_position_embeddings
    if splitter in _DIGIT_SPLITTERS:
        # transformers applies GPT-2's pattern alone; these vocabularies were learned by digits.
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )
    tokenizer.save_pretrained(into)


if __name__ == "__main__":
    _convert_here(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
