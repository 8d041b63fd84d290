"""Turning a GGUF file into a checkpoint that loads in under a second.

Reading a GGUF through transformers takes about 16 s, the same weights as safetensors 0.7 s, so it
is done once. `convert` runs this module in a process of its own: torch is imported only there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from trivium_models.errors import ModelDamaged

_DIGIT_SPLITTERS = ("smollm", "starcoder", "refact", "command-r", "codeshell")
"""Pre-tokenizers of llama.cpp that cut numbers into digits before GPT-2's pattern applies."""


def convert(gguf: Path, into: Path) -> None:
    """Write model.safetensors (bfloat16), config and tokenizer of a GGUF file into a folder."""
    command = [sys.executable, "-m", "trivium_models.gguf", str(gguf), str(into)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise ModelDamaged(f"{gguf.name} could not be converted: {reason}")


def _convert_here(gguf: Path, into: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    model.save_pretrained(into)
    _save_tokenizer(gguf, into)


def _save_tokenizer(gguf: Path, into: Path) -> None:
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    if _text_field(gguf, "tokenizer.ggml.pre") in _DIGIT_SPLITTERS:
        # transformers knows GPT-2's pattern only; these vocabularies were learned digit by digit.
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
        )
    tokenizer.save_pretrained(into)


def _text_field(gguf: Path, key: str) -> str:
    from gguf import GGUFReader

    field = GGUFReader(gguf).get_field(key)
    return str(field.contents()) if field else ""


if __name__ == "__main__":
    _convert_here(Path(sys.argv[1]), Path(sys.argv[2]))
