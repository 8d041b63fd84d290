"""Start the embeddings from which tokens stand in the same rows, in both languages of a pair.

Tokens that translate each other, or belong to one subject, then lie near each other before the
first training step, and the decoder can point at a source token long before it has learned words.
The vectors are the leading eigenvectors of the positive pointwise mutual information of tokens in
rows (latent semantic analysis over pairs of texts: Littman, Dumais and Landauer 1998; PPMI as in
Levy and Goldberg 2014). Knows nothing of models.

    python -m training.embedding
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags
from sklearn.utils.extmath import randomized_svd

from training.config import Config, load_config
from training.pack import Pack, load_pack

Matrix = npt.NDArray[np.float32]

_ROWS = 700_000
_LONGEST = 120  # tokens of both texts: in a long row everything stands beside everything


def _occurrences(pack: Pack, seed: int) -> csr_matrix:
    """Return which tokens stand in a sample of rows, [rows, vocabulary], short rows weighing more.

    Every pair of tokens of a row of n tokens then counts 1 / n.
    """
    lengths = pack.rows["source"].astype(np.int64) + pack.rows["target"]
    short = np.flatnonzero(lengths <= _LONGEST)
    chance = np.random.default_rng(seed)
    rows = np.sort(chance.choice(short, min(_ROWS, len(short)), replace=False))
    ends = np.concatenate(([0], np.cumsum(lengths[rows])))
    starts = pack.rows["start"][rows].astype(np.int64)
    places = np.arange(ends[-1]) + np.repeat(starts - ends[:-1], lengths[rows])
    tokens = np.asarray(pack.tokens)[places].astype(np.int32)
    counts = csr_matrix((np.ones(len(tokens), np.float32), tokens, ends))
    counts.sum_duplicates()
    counts.data[:] = 1
    return diags(np.maximum(1, np.diff(counts.indptr)) ** -0.5) @ counts


def embed_tokens(pack: Pack, vocabulary: int, width: int, seed: int) -> Matrix:
    """Return a vector of length 1 for each token that occurs, float32 [vocabulary, width]."""
    occurrences = _occurrences(pack, seed)
    together = (occurrences.T @ occurrences).toarray()
    single = together.sum(1) + 1e-6
    ratio = together * single.sum() / (single[:, None] * single[None])
    information = np.log(np.maximum(ratio, 1.0))
    vectors, values, _ = randomized_svd(information, width, n_iter=4, random_state=seed)
    vectors *= values**0.5
    found = np.zeros((vocabulary, width), np.float32)
    found[: len(vectors)] = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
    return found


def write_embedding(config: Config, vocabulary: int) -> None:
    """Write the vectors to `config.embedding`."""
    pack = load_pack(config.work_folder / "train")
    np.save(config.embedding, embed_tokens(pack, vocabulary, config.model.width, config.seed))


if __name__ == "__main__":
    _config = load_config()
    write_embedding(_config, _config.vocabulary)
