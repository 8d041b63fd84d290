"""Models of the Hugging Face hub: those already in its cache on this machine, and downloads.

Takes safetensors (or one GGUF), configuration and tokenizer files and nothing else: no pickle, no
code. What is already in the user's hub cache is read where it lies, without a connection.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_models.cache import sha256
from trivium_models.errors import ModelDamaged, ModelError, ModelMissing, ModelUnfit
from trivium_models.inspect import recognise
from trivium_models.sources import OnProgress, Progress, refuse_offline, watching

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_ID = re.compile(r"[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95}", re.ASCII)
# sentence-transformers numbers the folders of its modules: 1_Pooling, 2_Dense.
_MODULE = r"(\d+_\w+/)?"
_WEIGHTS = re.compile(_MODULE + r"model(-\d+-of-\d+)?\.safetensors")
_TEXTS = re.compile(_MODULE + r"[^/]+\.(json|txt|model|spm|jinja)")
_GGUF_ORDER = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_1", "Q4_0", "BF16", "F16")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".h5")


def is_id(spec: str) -> bool:
    """Whether a spec has the form of a hub id, `organisation/name`."""
    return _ID.fullmatch(spec) is not None and ".." not in spec


def snapshot(repository: str) -> Path | None:
    """The folder of a complete model in the user's hub cache; opens no connection."""
    folder = _hub_cache() / f"models--{repository.replace('/', '--')}"
    try:
        commit = (folder / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    files = folder / "snapshots" / commit
    whole = (files / "config.json").exists() and any(files.glob("model*.safetensors"))
    return files if whole else None


def from_hub(
    repository: str, name: str, known: Mapping[str, str], into: Path, on_progress: OnProgress
) -> None:
    """Download a model into a folder; `known` holds the SHA-256 of files that must match.

    Raises ModelMissing with what the hub or the network answered, ModelUnfit before the download
    of weights that could not be used.
    """
    refuse_offline(name)
    on_progress(Progress(f"asking the hub for {repository}"))
    try:
        _fetch(repository, name, known, into, on_progress)
    except ModelError:
        raise
    except Exception as error:  # the HTTP library underneath is another one every few versions
        raise ModelMissing(_sentence(repository, name, error)) from error
    shutil.rmtree(into / ".cache", ignore_errors=True)  # the hub library's own bookkeeping


def choose(files: Iterable[str], name: str) -> tuple[list[str], list[str]]:
    """Of a repository's files, the texts and the weights to take; raises ModelUnfit."""
    files = sorted(files)
    texts = [file for file in files if _TEXTS.fullmatch(file)]
    weights = [file for file in files if _WEIGHTS.fullmatch(file)]
    packed = [file for file in files if file.endswith(".gguf") and "/" not in file]
    if any("/" not in file for file in weights):
        return texts, weights
    if packed:
        return [], [min(packed, key=_preference)]
    if any(file.endswith(_PICKLES) for file in files):
        raise ModelUnfit(
            f"{name} is on the hub only as a pickle, which can run code when it is read: "
            "take another model, or save this one as safetensors and name its folder."
        )
    raise ModelUnfit(f"{name} is on the hub without weights that Trivium can read (safetensors).")


def _fetch(
    repository: str, name: str, known: Mapping[str, str], into: Path, on_progress: OnProgress
) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    hub = HfApi()
    info = hub.model_info(repository, files_metadata=True)
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    texts, weights = choose(siblings, name)
    total = sum(siblings[file].size or 0 for file in (*texts, *weights))
    with watching(into, f"downloading {repository}", total, on_progress):
        for file in texts:
            hub.hf_hub_download(repository, file, revision=info.sha, local_dir=into)
        if texts:
            recognise(into, name)
        for file in weights:
            hub.hf_hub_download(repository, file, revision=info.sha, local_dir=into)
    for file in (*texts, *weights):
        _check(into / file, siblings[file], known.get(file), name)


def _check(path: Path, sibling: RepoSibling, known: str | None, name: str) -> None:
    announced = sibling.lfs.sha256 if sibling.lfs else None
    expected = {value for value in (known, announced) if value}
    if expected and expected != {sha256(path)}:
        raise ModelDamaged(f"{path.name} of {name} from the hub is not the file that it should be.")


def _preference(file: str) -> tuple[int, str]:
    ranks = [rank for rank, kind in enumerate(_GGUF_ORDER) if kind.lower() in file.lower()]
    return (ranks[0] if ranks else len(_GGUF_ORDER), file)


def _hub_cache() -> Path:
    """Where the hub's own library keeps models, by the same environment variables."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return Path(os.environ[variable]).expanduser()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    home = Path(os.environ.get("HF_HOME") or caches / "huggingface")
    return home.expanduser() / "hub"


def _sentence(repository: str, name: str, error: Exception) -> str:
    """What a failure of the hub's library means for the user."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return (
            f"{repository} asks its users to agree to its conditions: agree on its page on the "
            "hub, log in with `hf auth login`, and pull again."
        )
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"The hub has no model {repository}, or it is private: check the name, or log in with "
            "`hf auth login` and pull again."
        )
    if isinstance(error, HfHubHTTPError):
        return f"The hub answered {error.response.status_code} for {repository}: try again later."
    said = str(error).strip().splitlines() or [type(error).__name__]
    cause = re.sub(r"^\[Errno -?\d+\] ", "", said[0])
    return (
        f"{name} could not be fetched, the hub cannot be reached ({cause}): try again with a "
        "connection, or put the model into a folder and name that."
    )
