"""A stand-in for the platform's processes: small, quick, and as badly behaved as asked."""

import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Well while the file in TINY_SICK does not exist; tells its environment to who asks."""

    def do_GET(self) -> None:
        sick = os.environ.get("TINY_SICK")
        if self.path == "/environment":
            self._answer(200, "\n".join(f"{name}={value}" for name, value in os.environ.items()))
        elif sick and Path(sick).exists():
            self._answer(503, '{"detail": "The tiny database does not answer."}')
        else:
            self._answer(200, "well")

    def log_message(self, *_: object) -> None:
        """Says nothing: when the supervisor is gone, nobody reads its output."""

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())


def serve(port: str) -> None:
    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


def stubborn(port: str) -> None:
    """Does not stop when asked."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(port)


def parent(port: str) -> None:
    """Its child holds the port, also when the parent is killed."""
    subprocess.Popen([sys.executable, __file__, "serve", port]).wait()


def die(message: str) -> None:
    """Ends at once, with its last words."""
    sys.exit(message)


def beat() -> None:
    """Touches its heartbeat file."""
    while True:
        Path(os.environ["SQUAD_HEARTBEAT_FILE"]).touch()
        time.sleep(0.2)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
