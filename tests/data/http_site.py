"""A web server to download from, that can fail in many ways."""

import contextlib
import hashlib
import http.server
import threading
import time

CONTENT = bytes(range(256)) * 4000  # about 1 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Site:
    """What the test server does, and what it was asked."""

    def __init__(self):
        self.content = CONTENT
        self.tag = '"v1"'
        self.ranges = True
        self.heed_if_range = True
        self.cuts = []  # bytes of each body after which the connection ends
        self.statuses = []  # statuses of the first answers
        self.redirect = None
        self.silent = 0.0
        self.declared = None
        self.asked = []  # (Range, If-Range) of each request
        self.sent = 0

    def answer(self, request):
        wanted, version = request.headers.get("Range"), request.headers.get("If-Range")
        self.asked.append((wanted, version))
        time.sleep(self.silent)
        if self.statuses:
            request.send_error(self.statuses.pop(0))
            return
        if self.redirect:
            request.send_response(302)
            request.send_header("Location", self.redirect)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        stale = self.heed_if_range and version and version != self.tag
        start = int(wanted[6:-1]) if wanted and self.ranges and not stale else 0
        total = len(self.content)
        if start >= total:
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{total}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if self.tag:
            request.send_header("ETag", self.tag)
        request.send_header("Content-Length", str(self.declared or len(body)))
        request.end_headers()
        body = body[: self.cuts.pop(0)] if self.cuts else body
        with contextlib.suppress(OSError):
            request.wfile.write(body)
        self.sent += len(body)


@contextlib.contextmanager
def served():
    """Run the server and yield its `Site`."""
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            site.answer(self)

        def log_message(self, format, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}/data.bin"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
