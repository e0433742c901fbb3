"""What the programs share: the module must be ours, and a small HTTP server."""

import contextlib
import http.server
import threading

import _socket
from berkeley import _library

assert _library.is_ours(_socket), _socket


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent; /slow waits until the test lets it go."""

    protocol_version = "HTTP/1.1"
    let_go = threading.Event()

    def do_GET(self):
        if self.path == "/slow":
            self.let_go.wait(60)
        self.answer(self.path.encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        # Whoever did not wait for it is gone.
        with contextlib.suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def http_server():
    """A server on a free port of loopback; gives its address as a URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        Handler.let_go.set()
        server.shutdown()
        thread.join(60)
        server.server_close()
