"""The tests' own server of Zoho CRM's API, and what a browser does on its page of consent."""

import http.client
import json
import pathlib
import subprocess
import urllib.parse
import urllib.request


class Zoho:
    """A server on a loopback port, which ends with this process."""

    def __init__(self, binaries):
        self.process = subprocess.Popen(
            [pathlib.Path(binaries) / "hozon-emulator-zoho", "small"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def client(self):
        """The OAuth client, as the operator's secret has it."""
        found = self.ask("/_test/client")
        return {"id": found["client_id"], "secret": found["client_secret"]}

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def rows(self, module):
        """All records of a module, or all attachments."""
        with urllib.request.urlopen(f"{self.url}/_test/state/{module}") as answer:
            return [json.loads(line) for line in answer]

    def change(self, module, record, changes):
        """Changes a record as somebody else does."""
        self.ask(f"/_test/records/{module}/{record}", changes, method="PUT")

    def fault(self, fault):
        """Has the next calls that match fail."""
        self.ask("/_test/faults", fault)

    def attach(self, module, record, name, content):
        """Uploads an attachment as Zoho's clients do."""
        token = self.ask("/_test/tokens", {})["access_token"]
        edge = "edge-of-a-part"
        head = f'--{edge}\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\ncontent-type: application/octet-stream\r\n\r\n'
        request = urllib.request.Request(
            f"{self.url}/crm/v8/{module}/{record}/Attachments", head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
            {"content-type": f"multipart/form-data; boundary={edge}", "authorization": f"Zoho-oauthtoken {token}"})
        urllib.request.urlopen(request).close()

    def consent(self, url):
        """Accepts on the page of consent; returns the answer that the browser brings to the console."""
        page = urllib.parse.urlsplit(url)
        browser = http.client.HTTPConnection(page.netloc)
        browser.request("POST", page.path, f"{page.query}&decision=accept", {"content-type": "application/x-www-form-urlencoded"})
        given = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.getresponse().headers["location"]).query))
        browser.close()
        return {"state": given["state"], "code": given["code"], "location": given["location"], "accounts_server": given["accounts-server"]}

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
