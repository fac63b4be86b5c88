"""A guard before the web page: for this machine alone, and no larger than allowed."""

from urllib.parse import urlsplit

HOSTS = ("127.0.0.1", "localhost")
UPLOAD = "/gradio_api/upload"
# What a form adds to its file; and the most that any other request holds.
MORE = 2**20
# Uploads that may wait at the same time.
WAITING = 4


class Guard:
    """Refuses requests before the web page sees them; a middleware of ASGI.

    Other web pages in the same browser can send requests to this machine too. Therefore requests
    must come from the page itself (`Origin`), and under the machine's own name (`Host`).

    Args:
        app: The application behind it.
        uploads: The `Uploads`.
        most_bytes: The largest size of an upload.
    """

    def __init__(self, app, uploads, most_bytes):
        self._app = app
        self._uploads = uploads
        self._most_bytes = most_bytes

    async def __call__(self, scope, receive, send):
        """Pass a request on, or answer it with a refusal."""
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            status, reason = refusal
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": reason.encode()})

    def _refusal(self, scope):
        """Return the status and reason of a refusal; `None`: there is none."""
        headers = {
            name.lower().decode(): value.decode("latin-1") for name, value in scope["headers"]
        }
        host, origin = headers.get("host", ""), headers.get("origin")
        if urlsplit(f"//{host}").hostname not in HOSTS:
            return 403, "This page is for this machine alone. Open it as http://127.0.0.1."
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "This page takes requests from itself alone."
        if scope.get("method") not in ("POST", "PUT", "PATCH"):
            return None
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return 411, "The size of a request must be known."
        upload = scope["path"].endswith(UPLOAD)
        if int(length) > MORE + (self._most_bytes if upload else 0):
            most = f"{self._most_bytes / 1e6:g} MB"
            return (
                413,
                f"The file must have at most {most}. Cut it, or allow more by --max-file-size.",
            )
        if upload and self._uploads.size() + int(length) > WAITING * (self._most_bytes + MORE):
            return 503, "Too many uploads are waiting. Try again in a minute."
        return None
