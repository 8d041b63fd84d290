"""Prompt formats of models that were trained to fill in the middle.

A family is recognised by the tokens in its vocabulary, not by its name, so a fine-tuned or renamed
model keeps the skill. The order is prefix, suffix, middle: what the user types comes before the
suffix, so the KV cache holds the text up to the line being typed.
Sources: Bavarian et al., "Efficient Training of Language Models to Fill in the Middle" (2022), and
the model cards of StarCoder, Qwen2.5-Coder, CodeLlama, CodeGemma and DeepSeek-Coder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Infill:
    """Three control tokens that set out what comes before and after the hole."""

    prefix: int
    suffix: int
    middle: int

    def wrap(self, before: Sequence[int], after: Sequence[int]) -> list[int]:
        """The prompt whose continuation is the middle."""
        return [self.prefix, *before, self.suffix, *after, self.middle]


_FAMILIES = (
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),  # StarCoder, StarCoder2, Granite
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),  # Qwen Coder, CodeGemma
    ("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),  # SantaCoder
    ("▁<PRE>", "▁<SUF>", "▁<MID>"),  # CodeLlama
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # DeepSeek-Coder
)

ENDS = ("▁<EOT>", "<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<|file_separator|>", "<EOT>")
"""Tokens that end the middle, control tokens even where a tokenizer does not declare them so."""


def recognise(tokens: Mapping[str, int]) -> Infill | None:
    """The format of a vocabulary, if it has one."""
    for names in _FAMILIES:
        if all(name in tokens for name in names):
            return Infill(*(tokens[name] for name in names))
    return None


def controls(tokens: Mapping[str, int]) -> set[int]:
    """The ids of the fill-in-the-middle tokens that a vocabulary has, whatever the family."""
    names = {name for family in _FAMILIES for name in family} | set(ENDS)
    return {tokens[name] for name in names if name in tokens}
