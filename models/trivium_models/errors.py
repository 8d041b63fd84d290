"""What can go wrong with a model, as few exceptions as callers can act on.

    ModelError
    ├── ModelMissing    no weights on this machine: pull them, or name others
    ├── ModelDamaged    the files are there and are not what they should be: pull again
    ├── ModelUnfit      a sound model that cannot do what was asked (wrong architecture, too large)
    └── EngineFailed    the process that runs the models died or could not start

Each carries one sentence that says what happened and what to do.
They cross the process boundary by class name (`wire.py`) and become LSP errors in one place
(`trivium_server.lsp.server`). Cancellation is not an error and is not here.
"""


class ModelError(Exception):
    """Base of all; `str(error)` is a sentence for a person."""


class ModelMissing(ModelError):
    """The model's files are not on this machine, and may not or could not be fetched."""


class ModelDamaged(ModelError):
    """The model's files are present but incomplete, altered or unreadable."""


class ModelUnfit(ModelError):
    """The model is sound but cannot serve this art on this machine."""


class EngineFailed(ModelError):
    """The engine process died, did not start, or broke its protocol."""
