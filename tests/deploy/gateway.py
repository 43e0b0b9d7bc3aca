"""Emulates API Gateway as the template configures it: routes, authorizer, and events of payload format 2.0."""

import base64
import copy
import json
import pathlib
import re
import urllib.parse

EVENTS = pathlib.Path(__file__).parent / "events"


class Answer:
    def __init__(self, answer):
        body = answer.get("body") or ""
        body = base64.b64decode(body).decode() if answer.get("isBase64Encoded") else body
        self.status, self.headers = answer["statusCode"], {name.lower(): value for name, value in answer.get("headers", {}).items()}
        try:
            self.body = json.loads(body) if body else None
        except ValueError:
            self.body = body


class Gateway:
    """Takes requests from the internet."""

    def __init__(self, world):
        self.world = world
        self.routes = world.stack.of("AWS::ApiGatewayV2::Route").values()
        self.integrations = {world.stack.reference(id): id for id in world.stack.of("AWS::ApiGatewayV2::Integration")}

    def call(self, method, path, body=None, token=None, goes_around=False, **headers):
        """Calls the function of the route, with the authorizer's outcome if the route has one. Requests come through CloudFront unless
        `goes_around` sends them to the API's own address."""
        path, _, query = path.partition("?")
        route, parameters = self.route(method, path)
        event = json.loads((EVENTS / "api.json").read_text())
        headers = {name.replace("_", "-"): value for name, value in headers.items()} | ({} if goes_around else self.added_by_cloudfront())
        if token:
            headers["authorization"] = f"Zoho-oauthtoken {token}"
        self.address(event, method, path, query, route, headers)
        event["queryStringParameters"] = dict(urllib.parse.parse_qsl(query)) or None
        event["pathParameters"] = parameters or None
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
            event["headers"]["content-type"] = "application/json"
        if route["AuthorizationType"] == "CUSTOM":
            answer = self.authorize(method, path, query, route, headers)
            if not answer["isAuthorized"]:
                return Answer({"statusCode": 403, "body": '{"message":"Forbidden"}'})
            event["requestContext"]["authorizer"] = {"lambda": answer["context"]}
        function = self.integrations[route["Target"].removeprefix("integrations/")].removeprefix("To")
        return Answer(self.world.hosts[function].invoke(event))

    def authorize(self, method, path, query, route, headers):
        event = json.loads((EVENTS / "authorizer.json").read_text())
        self.address(event, method, path, query, route, headers)
        return self.world.hosts["Authorize"].invoke(event)

    def added_by_cloudfront(self):
        """Headers that the distribution adds, with the secret resolved by CloudFormation."""
        (api,) = [one for one in self.world.stack.resources["Console"]["DistributionConfig"]["Origins"] if one["Id"] == "api"]
        return {one["HeaderName"]: self.read(one["HeaderValue"]) for one in api.get("OriginCustomHeaders", [])}

    def read(self, reference):
        """Resolves a dynamic reference (CloudFormation user guide: Get a secret or secret value from Secrets Manager)."""
        arn, key = re.fullmatch(r"\{\{resolve:secretsmanager:(.+):SecretString:(\w+)\}\}", reference).groups()
        owner = self.world.owner["secretsmanager"]
        return json.loads(owner.get_secret_value(SecretId=self.world.secrets[arn])["SecretString"])[key]

    @staticmethod
    def address(event, method, path, query, route, headers):
        event |= {"rawPath": path, "rawQueryString": query, "routeKey": route["RouteKey"]}
        event["headers"] = {**event["headers"], **headers}
        context = copy.deepcopy(event["requestContext"])
        context["http"] |= {"method": method, "path": path}
        event["requestContext"] = {**context, "routeKey": route["RouteKey"]}

    def route(self, method, path):
        """The most specific route: fixed parts have priority over variables."""
        found = []
        for route in self.routes:
            if route["RouteKey"] == "$default":
                continue
            wanted, template = route["RouteKey"].split(" ")
            pattern = "".join(f"(?P<{part[1:-1]}>[^/]+)" if part[:1] == "{" else re.escape(part) for part in re.split(r"(\{\w+\})", template))
            match = re.fullmatch(pattern, path)
            if match and wanted == method:
                found.append((template.count("{"), route, match.groupdict()))
        if not found:
            return next(route for route in self.routes if route["RouteKey"] == "$default"), {}
        _, route, parameters = min(found, key=lambda one: one[0])
        return route, parameters
