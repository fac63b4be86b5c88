"""A local server with the routes of Hugging Face from which files are downloaded."""

import contextlib
import hashlib
import http.server
import threading

CONTENT = bytes(range(256)) * 4000  # about 1 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATH = "/datasets/someone/set/resolve/main/data.bin"


class Hub:
    """What the server does, and the requests that it received."""

    def __init__(self):
        self.content = CONTENT
        self.tag = SHA256
        self.ranges = True
        self.cuts = []  # bytes of each body after which the connection ends
        self.status = None  # of all answers, instead of the file
        self.declared = None  # size, instead of the true one
        self.asked = []  # the Range of each GET
        self.headers = []  # of each request

    def answer(self, request):
        self.headers.append(dict(request.headers))
        if self.status or request.path != PATH:
            request.send_error(self.status or 404)
            return
        wanted = request.headers.get("Range")
        start = int(wanted[6:-1]) if wanted and self.ranges else 0
        total = self.declared or len(self.content)
        request.send_response(206 if start else 200)
        request.send_header("ETag", f'"{self.tag}"')
        request.send_header("X-Repo-Commit", "0" * 40)
        request.send_header("X-Linked-Size", str(total))
        request.send_header("Content-Length", str(total - start))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        request.end_headers()
        if request.command == "GET":
            self.asked.append(wanted)
            body = self.content[start:]
            with contextlib.suppress(OSError):
                request.wfile.write(body[: self.cuts.pop(0)] if self.cuts else body)


@contextlib.contextmanager
def served():
    """Run the server; yield its `Hub`."""
    hub = Hub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hub.answer(self)

        do_HEAD = do_GET

        def log_message(self, format, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
