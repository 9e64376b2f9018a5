"""A partner's webhook receiver in a thread of its own, which lives as long as the platform."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from servers import free_port


class Receiver:
    """Takes every delivery with 204; the same fact may come more than once."""

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []
        """The facts in the order of their first arrival."""
        self.repeated = 0
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                receiver.take(self.headers["webhook-id"], json.loads(self.rfile.read(size)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        """The address that the gateway must be allowed to call."""
        return "{}:{}".format(*self._server.server_address[:2])

    def take(self, delivery: str, delivered: dict[str, Any]) -> None:
        """Keep a fact at its first arrival."""
        with self._lock:
            if delivery in self._seen:
                self.repeated += 1
                return
            self._seen.add(delivery)
            self.facts.append(delivered["data"])

    def close(self) -> None:
        """End the server and its thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)
