"""A server of the test's own process, fed with messages as a transport would."""

import asyncio
import json

from trivium_server.lsp import build

OFF = {"search": {"enabled": False}}


class Wire:
    """A server of this process, fed with messages; its answers by id."""

    def __init__(self):
        self.server = build.server()
        self.server.protocol.set_writer(self, include_headers=False)
        self.answers = {}

    def write(self, data):
        message = json.loads(data)
        self.answers[message.get("id")] = message

    def send(self, method, params=None, **more):
        call = {"jsonrpc": "2.0", "method": method, "params": params, **more}
        self.server.protocol.receive(json.dumps(call).encode())

    async def ask(self, method, params):
        self.send(method, params, id=2)
        while 2 not in self.answers:
            await asyncio.sleep(0)
        return self.answers[2]

    def initialize(self, **params):
        params = {"capabilities": {}, "initializationOptions": OFF, **params}
        self.send("initialize", params, id=1)
        return self.answers[1]
