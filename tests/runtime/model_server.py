"""A provider of models on this machine: it speaks the wire format of chat completions and says what it is told to."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Payload = dict[str, object]


@dataclass
class Hang:
    """No reply until the test is over."""


@dataclass
class Status:
    """A refusal."""

    code: int


Said = Payload | Hang | Status | str
"""A message of the model, no reply, a refusal, or a body as it is."""


def answer(value: object, key: str = "k-answer", name: str = "answer") -> Payload:
    return calls((key, name, value))


def calls(*asked: tuple[str, str, object]) -> Payload:
    return {
        "tool_calls": [
            {
                "id": key,
                "type": "function",
                "function": {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args)},
            }
            for key, name, args in asked
        ]
    }


@dataclass
class Provider:
    """`says` is consumed from the front; where it is empty `replies` is asked, if there is one.

    `heard` is every request that came; `model` and `usage` go with a reply.
    """

    url: str = ""
    model: str = "gpt-4o-mini"
    usage: Payload | None = field(
        default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    )
    says: list[Said] = field(default_factory=list)
    replies: Callable[[Payload], Said] | None = None
    heard: list[Payload] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def provider() -> Generator[Provider]:
    made = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.over.set()
        server.shutdown()
        server.server_close()


def _handler(made: Provider) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard: Payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.heard.append(heard)
            said = _said(made, heard)
            if isinstance(said, Hang):
                made.over.wait()
                return
            if isinstance(said, Status):
                self._send(said.code, json.dumps({"error": {"message": "secret-of-the-provider"}}))
            elif isinstance(said, str):
                self._send(200, said)
            else:
                self._send(200, json.dumps(_completion(said, made)))

        def _send(self, code: int, body: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _said(made: Provider, heard: Payload) -> Said:
    if made.says:
        return made.says.pop(0)
    return Status(418) if made.replies is None else made.replies(heard)


def _completion(message: Payload, provider: Provider) -> Payload:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": provider.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": None, **message},
                "finish_reason": "tool_calls" if "tool_calls" in message else "stop",
            }
        ],
        "usage": provider.usage,
    }
