"""The Trivium language server."""

import os

# The server's own matrix products are small: a second thread of numpy's library gains nothing and
# spins through half of a search's processor time. The models' libraries are not concerned.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
