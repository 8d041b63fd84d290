"""Train the tokenizer: a unigram model with byte fallback, for five languages and code.

Each task prefix, each sentinel and each line break with its indentation is one token. Texts are
not normalised and keep their whitespace. What sentencepiece learns is shipped as
a `tokenizers` file only, which splits these tokens off first. Knows nothing of models or training.

    python -m training.tokenizer
"""

import io
import random
from collections.abc import Iterator
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from training.config import Config, load_config
from training.corpus import DIRECTIONS, SENTINELS, Row, prefix_of, read_rows

PAD, EOS, UNK = 0, 1, 2
_SPACE = "\u2581"

# A word has the space before it in its piece, so a run of spaces is a token one space short.
_WHITESPACE = (
    *("\n" + " " * width for width in (0, 1, 3, 5, 7, 9, 11, 15, 19, 23)),
    *("\n" + "\t" * depth for depth in (1, 2, 3, 4)),
    "\t",
    *(" " * width for width in (3, 7, 15)),
)

WHOLE_TOKENS = (*(prefix_of(name) for name in DIRECTIONS), *SENTINELS, *_WHITESPACE)
"""Texts that are always one token, in the order of their ids from 3 on."""

# Characters of each kind of text that the tokenizer sees, in millions: a little more English and
# code than their share of the tokens, because every task but one reads or writes English.
_MILLIONS = {"code": 8.0, "en": 10.0, "de": 5.0, "fr": 4.0, "es": 4.0, "it": 3.5}


def _texts(row: Row) -> list[tuple[str, str]]:
    """Return the two texts of a row with the kind of each, a key of `_MILLIONS`."""
    if row.direction == "summarize code":
        return [("code", row.source), ("en", row.target)]
    if row.direction == "summarize":
        return [("en", row.source), ("en", row.target)]
    target = {"German": "de", "French": "fr", "Spanish": "es", "Italian": "it"}
    return [("en", row.source), (target[row.direction.rpartition(" ")[2]], row.target)]


def _sample(corpus: Path, millions: dict[str, float], seed: int) -> Iterator[str]:
    """Yield lines of randomly chosen rows until each kind of text has its characters."""
    rows = list(read_rows(corpus))
    random.Random(seed).shuffle(rows)
    left = {kind: amount * 1e6 for kind, amount in millions.items()}
    for row in rows:
        for kind, text in _texts(row):
            if left[kind] > 0:
                left[kind] -= len(text)
                yield from (line.strip() for line in text.split("\n") if line.strip())


def train_sentencepiece(lines: Iterator[str], vocabulary: int) -> bytes:
    """Return a serialised sentencepiece unigram model over `lines` with `vocabulary` pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines,
        model_writer=model,
        model_type="unigram",
        vocab_size=vocabulary,
        byte_fallback=True,
        character_coverage=0.9995,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        user_defined_symbols=[token.replace(" ", _SPACE) for token in WHOLE_TOKENS],
        pad_id=PAD,
        eos_id=EOS,
        unk_id=UNK,
        bos_id=-1,
        hard_vocab_limit=False,
        minloglevel=1,
    )
    return model.getvalue()


def as_transformers(model: bytes) -> PreTrainedTokenizerFast:
    """Return the same tokenizer in the form that `AutoTokenizer` loads without sentencepiece.

    Sentinels are not "special", so that decoding with `skip_special_tokens` keeps them.
    """
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    vocabulary = [
        (pieces.id_to_piece(n), pieces.get_score(n)) for n in range(pieces.get_piece_size())
    ]
    for token in WHOLE_TOKENS:
        identity = pieces.piece_to_id(token.replace(" ", _SPACE))
        vocabulary[identity] = (token, vocabulary[identity][1])
    fast = Tokenizer(models.Unigram(vocabulary, unk_id=UNK, byte_fallback=True))
    fast.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    fast.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")]
    )
    fast.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A $B </s>", special_tokens=[("</s>", EOS)]
    )
    fast.add_tokens([AddedToken(token, normalized=False) for token in WHOLE_TOKENS])
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=512,
    )


def load_tokenizer(config: Config) -> PreTrainedTokenizerFast:
    """Return the trained tokenizer; raises OSError when it has not been trained yet."""
    return PreTrainedTokenizerFast.from_pretrained(config.tokenizer_folder)


def train_tokenizer(config: Config) -> None:
    """Train on a sample of the training corpus and write to `config.tokenizer_folder`."""
    lines = _sample(config.train_corpus, _MILLIONS, config.seed)
    model = train_sentencepiece(lines, config.vocabulary)
    as_transformers(model).save_pretrained(config.tokenizer_folder)


if __name__ == "__main__":
    train_tokenizer(load_config())
