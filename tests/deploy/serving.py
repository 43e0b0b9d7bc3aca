"""What the servers here have in common."""

import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps connections, and its silence."""

    protocol_version = "HTTP/1.1"
    # Head and body are sent one after the other; the second would wait for the other side's delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass
