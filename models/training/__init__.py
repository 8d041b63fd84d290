"""The recipe of Trivium's offline T5: corpus, tokenizer, pack, train, evaluate, export.

Run each step with `python -m training.<step>` from the folder `models/`; README.md tells the order.
Nothing here is imported by `trivium_models` or `trivium_server`.
"""

import os

# Before torch loads OpenMP: threads that spin while they wait make two training threads on a
# machine with other work up to twenty times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
