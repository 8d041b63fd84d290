"""The engine's process goes without libraries that it never calls."""

import subprocess
import sys

import pytest


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize("module", ["decoder", "encoder", "seq2seq"])
def test_an_architecture_needs_neither_scipy_nor_scikit_learn(module):
    done = _run(
        "import sys; from trivium_models import left_out; left_out.install()\n"
        f"import trivium_models.{module}\n"
        "from transformers import T5ForConditionalGeneration\n"
        "print(any(getattr(m, '__file__', None) for n, m in list(sys.modules.items())"
        " if n.partition('.')[0] in ('scipy', 'sklearn')))"
    )
    assert done.stdout.strip() == "False", done.stderr


def test_a_name_can_be_imported_and_using_it_says_what_is_missing():
    done = _run(
        "from trivium_models import left_out; left_out.install(); left_out.install()\n"
        "from sklearn.metrics import pairwise_distances\n"
        "pairwise_distances([[1.0]])"
    )
    assert "sklearn.metrics.pairwise_distances is left out of Trivium's model engine" in done.stderr
