"""A JSON-RPC client that shares no code with the server: it can also send what no client would."""

import json
import subprocess
import sys
import threading
from queue import Queue


class RawClient:
    """Speaks to `trivium serve --stdio` by hand; answers are awaited, never slept for."""

    def __init__(self, *command: str, env: dict[str, str] | None = None, cwd=None):
        self.process = subprocess.Popen(
            command or (sys.executable, "-m", "trivium_server", "serve", "--stdio"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
        )
        self.messages: Queue[dict | None] = Queue()
        self.seen: list[dict] = []
        threading.Thread(target=self._read, daemon=True).start()
        self._next = 0

    def _read(self):
        out = self.process.stdout
        while line := out.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = out.readline()
            self.messages.put(json.loads(out.read(length)))
        self.messages.put(None)

    def send_raw(self, body: bytes):
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def send(self, message: dict):
        self.send_raw(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params=None):
        self.send({"method": method, "params": params})

    def start(self, method: str, params=None) -> int:
        self._next += 1
        self.send({"id": self._next, "method": method, "params": params})
        return self._next

    def answer(self, ident, timeout: float = 60) -> dict:
        """The answer to a request; requests of the server on the way get a null result."""
        return self.until(lambda m: "method" not in m and m.get("id") == ident, timeout)

    def until(self, wanted, timeout: float = 60) -> dict:
        for message in self.seen:
            if wanted(message):
                self.seen.remove(message)
                return message
        while True:
            message = self.messages.get(timeout=timeout)
            if message is None:
                raise EOFError(self.process.stderr.read().decode())
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": self.reply(message)})
            if wanted(message):
                return message
            self.seen.append(message)

    def reply(self, request: dict):
        """What the client answers to a request of the server."""
        if request["method"] == "workspace/configuration":
            return [None] * len(request["params"]["items"])
        return None

    def request(self, method: str, params=None, timeout: float = 60) -> dict:
        return self.answer(self.start(method, params), timeout)

    def initialize(self, capabilities=None, **params) -> dict:
        answer = self.request(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": capabilities or {}, **params},
        )
        self.notify("initialized", {})
        return answer["result"]

    def open(self, uri: str, text: str, language: str = "python", version: int = 1):
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def stop(self) -> int:
        self.request("shutdown")
        self.notify("exit")
        status = self.process.wait(timeout=60)
        self.kill()
        return status

    def kill(self):
        """End the process, if it has not ended, and close its streams; may be called twice."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
