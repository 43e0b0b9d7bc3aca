"""Base of the HTTP servers in this folder."""

import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps connections alive and logs nothing."""

    protocol_version = "HTTP/1.1"
    # Head and body are sent separately; without this the body would wait for the peer's delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass
