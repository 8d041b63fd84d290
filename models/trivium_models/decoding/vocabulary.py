"""Text to tokens and back, for one tokenizer.

The tokenizer's own alphabet (byte-level "Ġ", SentencePiece "▁") is used where tokens must be
compared with each other; it never leaves this module except as the opaque `spelling`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from trivium_models.decoding import infill

_CHARACTERS_PER_TOKEN = 16
"""No ordinary text has longer tokens on average; more of it need not be tokenized."""
_BROKEN = "\ufffd"
CONTEXT = 4
"""So many tokens before others are decoded with them: some tokenizers drop a first blank."""
_HELD = 4
"""Token healing takes back no more tokens than this."""


class Vocabulary:
    """A tokenizer, and what generation must know of its tokens."""

    def __init__(self, tokenizer: Any, ends: Sequence[int] = ()) -> None:  # noqa: ANN401
        """Take a tokenizer of transformers and the tokens with which its model ends a text."""
        self._tokenizer = tokenizer
        self._ids: dict[str, int] = tokenizer.get_vocab()
        added = tokenizer.added_tokens_decoder
        special = {id for id, token in added.items() if token.special}
        self.control = frozenset(
            special | set(tokenizer.all_special_ids) | set(ends) | infill.controls(self._ids)
        )
        """Tokens that stand for no text; one of them ends a generation."""
        self._unhealed = self.control | set(added)
        self.first: int | None = tokenizer.bos_token_id
        """The token that some models want before any text."""
        self.infill = infill.recognise(self._ids)

    def encode(self, text: str, most: int) -> list[int]:
        """The tokens of a prompt, never an end-of-text after it; `most` bounds the work, loosely.

        Half of a surrogate pair, which no tokenizer takes, becomes a question mark.
        """
        text = _end(text, _CHARACTERS_PER_TOKEN * most)
        text = text.encode("utf-8", "replace").decode("utf-8")
        ids: list[int] = self._tokenizer(text, verbose=False)["input_ids"]
        while ids and ids[-1] == self._tokenizer.eos_token_id and not self._ends_in_eos(text):
            ids = ids[:-1]
        return ids or self._beginning()

    def encode_after(self, before: Sequence[int], text: str) -> list[int]:
        """The tokens of a text that goes on after others: some tokenizers treat a start apart."""
        head = list(before[-CONTEXT:])
        ids = self.encode_piece(self.decode(head) + text)
        return ids[len(head) :] if ids[: len(head)] == head else self.encode_piece(text)

    def encode_piece(self, text: str) -> list[int]:
        """The tokens of a text without any that mark its beginning or end."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        ids: list[int] = self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return ids

    def text_after(self, before: Sequence[int], ids: Sequence[int]) -> str:
        """What tokens say after others, up to the last whole character."""
        head = before[-CONTEXT:]
        return self.decode([*head, *ids]).rstrip(_BROKEN)[len(self.decode(head)) :]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, control tokens included; half a character decodes to U+FFFD."""
        text: str = self._tokenizer.decode(
            ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def spelling(self, ids: Sequence[int]) -> str:
        """Tokens in the tokenizer's alphabet, in which `spellers` compares."""
        return "".join(self._tokenizer.convert_ids_to_tokens(ids))

    def held(self, ids: Sequence[int]) -> int:
        """How many tokens at the end of a prompt healing takes back: those of its last word."""
        pieces = self._tokenizer.convert_ids_to_tokens(ids[-_HELD - 1 :])
        count = 0
        for id, piece, before in zip(ids[::-1], pieces[::-1], [*pieces[-2::-1], ""], strict=False):
            if id in self._unhealed or count == _HELD:
                break
            count += 1
            if not before or _kind(before[-1]) != _kind(piece[0]):
                break
        count = min(count, len(ids) - 1)
        splits = count and self.decode(ids[-count - CONTEXT : -count]).endswith(_BROKEN)
        return 0 if splits else count

    def spellers(self, spelling: str) -> np.ndarray:
        """The tokens with which a text that begins with `spelling` can begin, int64 [n]."""
        names, ids = self._sorted
        first = bisect_left(names, spelling)
        last = bisect_left(names, spelling + "\U0010ffff")
        shorter = (self._ids.get(spelling[:end]) for end in range(1, len(spelling)))
        fit = [id for id in shorter if id is not None and id not in self._unhealed]
        return np.append(ids[first:last], np.array(fit, dtype=np.int64))

    def closers(self, stops: Sequence[str]) -> list[int]:
        """The tokens that begin with a stop string; one ends a text, whatever it adds."""
        found: set[int] = set()
        for stop in stops:
            spelling = self.spelling(self.encode_piece(stop))
            found.update(id for id in self.spellers(spelling).tolist() if stop in self.decode([id]))
        return sorted(found)

    @cached_property
    def _sorted(self) -> tuple[list[str], np.ndarray]:
        pairs = sorted((name, id) for name, id in self._ids.items() if id not in self._unhealed)
        return [name for name, _ in pairs], np.array([id for _, id in pairs], dtype=np.int64)

    def _beginning(self) -> list[int]:
        """What stands for an empty prompt, since a model needs one token to start from."""
        for id in (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id):
            if id is not None:
                return [id]
        return [min(self.control, default=0)]

    def _ends_in_eos(self, text: str) -> bool:
        return text.endswith(self._tokenizer.eos_token or "\0")


def _end(text: str, most: int) -> str:
    """The end of a text, cut in coarse steps so that it begins alike while the text grows."""
    surplus = len(text) - most
    step = most // 4
    return text if surplus <= 0 else text[-(-surplus // step) * step :]


def _kind(char: str) -> str:
    """Characters of one kind grow together into tokens: blanks, words, signs."""
    if char in "ĠĊĉč▁" or char.isspace():
        return "blank"
    return "word" if char.isalnum() or char == "_" else "sign"
