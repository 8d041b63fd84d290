"""A tokenizer file behind the methods of transformers' tokenizers that the engine uses.

Only for files that transformers would use as they are: a tokenizer class that takes
tokenizer.json as it stands, or BERT's, whose own parts must then be those of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken
from tokenizers import Tokenizer as Backend

from trivium_models.headers import read_json

_AS_IT_STANDS = ("TokenizersBackend", "PreTrainedTokenizerFast")
_BERT = ("BertTokenizer", "BertTokenizerFast")
_SPECIAL = tuple(f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))
_HARMLESS = {
    *_SPECIAL,
    *("tokenizer_class", "model_max_length", "name_or_path", "backend", "is_local"),
    *("local_files_only", "clean_up_tokenization_spaces", "do_lower_case", "strip_accents"),
    *("tokenize_chinese_chars", "do_basic_tokenize", "never_split", "chat_template"),
    *("special_tokens_map_file", "model_input_names", "max_length", "stride", "pad_token_type_id"),
    *("pad_to_multiple_of", "padding_side", "truncation_side", "truncation_strategy"),
}
"""Keys of tokenizer_config.json that are known to change no token, or are looked at below."""


class Tokenizer:
    """Text to tokens and back. Methods are named as in transformers and do what they do there."""

    def __init__(self, backend: Backend, config: dict[str, Any]) -> None:
        backend.no_padding()
        backend.no_truncation()
        self.backend_tokenizer = backend
        self.model_max_length: int | None = config.get("model_max_length")
        self._names = {name: config[name] for name in _SPECIAL if config.get(name)}
        self.bos_token_id = self._id("bos_token")
        self.eos_token_id = self._id("eos_token")
        self.pad_token_id = self._id("pad_token")
        self.eos_token: str | None = self._names.get("eos_token")

    def __call__(
        self, text: str, *, add_special_tokens: bool = True, verbose: bool = False
    ) -> dict[str, list[int]]:
        """The tokens of a text."""
        encoded = self.backend_tokenizer.encode(text, add_special_tokens=add_special_tokens)
        return {"input_ids": encoded.ids}

    @property
    def all_special_tokens(self) -> list[str]:
        """Those that the configuration names."""
        return list(dict.fromkeys(self._names.values()))

    @property
    def all_special_ids(self) -> list[int]:
        """Their ids."""
        return [self.convert_tokens_to_ids(token) for token in self.all_special_tokens]

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """The tokens that are not pieces of words."""
        found: dict[int, AddedToken] = self.backend_tokenizer.get_added_tokens_decoder()
        return found

    def get_vocab(self) -> dict[str, int]:
        """Every token and its id."""
        found: dict[str, int] = self.backend_tokenizer.get_vocab(with_added_tokens=True)
        return found

    def decode(
        self,
        ids: Sequence[int],
        *,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool = False,
    ) -> str:
        """The text of tokens."""
        text: str = self.backend_tokenizer.decode(
            list(ids), skip_special_tokens=skip_special_tokens
        )
        return text

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str]:
        """Tokens as the vocabulary spells them."""
        return [str(self.backend_tokenizer.id_to_token(id_)) for id_ in ids]

    def convert_tokens_to_ids(self, token: str) -> int:
        """The id of a token that is in the vocabulary."""
        found = self.backend_tokenizer.token_to_id(token)
        assert found is not None
        return found

    def _id(self, name: str) -> int | None:
        token = self._names.get(name)
        return None if token is None else self.convert_tokens_to_ids(token)


def open_(folder: Path) -> Tokenizer | None:
    """The tokenizer of a folder, or None where transformers might see more in its files."""
    config = read_json(folder / "tokenizer_config.json")
    if not isinstance(config, dict) or config.keys() - _HARMLESS:
        return None
    file = folder / "tokenizer.json"
    if not file.is_file() or config.get("truncation_side", "right") != "right":
        return None
    if not (_stands(config) or _is_berts(config, read_json(file))):
        return None
    try:
        backend = Backend.from_file(str(file))
    except Exception:  # The library raises nothing more exact.
        return None
    added = backend.get_added_tokens_decoder().values()
    special = {token.content for token in added if token.special}
    named = [config[name] for name in _SPECIAL if config.get(name)]
    known = all(isinstance(name, str) and name in special for name in named)
    return Tokenizer(backend, config) if known else None


def _stands(config: dict[str, Any]) -> bool:
    return config.get("tokenizer_class") in _AS_IT_STANDS


def _is_berts(config: dict[str, Any], content: Any) -> bool:  # noqa: ANN401  (JSON)
    """Whether the file has the parts that transformers makes for a BERT of this configuration."""
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": config.get("tokenize_chinese_chars", True),
        "strip_accents": config.get("strip_accents"),
        "lowercase": config.get("do_lower_case", True),
    }
    model = {
        "type": "WordPiece",
        "unk_token": config.get("unk_token", "[UNK]"),
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
    }
    return (
        config.get("tokenizer_class") in _BERT
        and isinstance(content, dict)
        and content.get("normalizer") == normalizer
        and content.get("pre_tokenizer") == {"type": "BertPreTokenizer"}
        and {**content.get("model", {}), "vocab": None} == {**model, "vocab": None}
        and content.get("post_processor", {}).get("type") == "TemplateProcessing"
    )
