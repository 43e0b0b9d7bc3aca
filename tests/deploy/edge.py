"""Emulates CloudFront in front of the zips: runs the function's code in Node, with its key value store, its log and origin access control."""

import json
import subprocess
import time
import urllib.parse

from stack import ROOT

VIEWER = "203.0.113.9"


class Edge:
    """Serves plain links."""

    def __init__(self, world):
        self.world, self.keys, self.version, self.noted = world, {}, 0, 0

    def answer(self, request):
        """The key value store's API, as far as the rotation uses it."""
        parts = [urllib.parse.unquote(part) for part in request.path.split("/")[2:]]
        if parts[1:] and request.method in ("PUT", "DELETE"):
            if request.headers.get("if-match") != self.tag():
                return 409, [], json.dumps({"Message": "another version"}).encode()
            self.version += 1
            if request.method == "PUT":
                self.keys[parts[2]] = json.loads(request.body)["Value"]
            else:
                del self.keys[parts[2]]
        body = {"Items": [{"Key": key, "Value": value} for key, value in self.keys.items()]} if parts[1:] == ["keys"] else {}
        body |= {"ItemCount": len(self.keys), "TotalSizeInBytes": 0, "KvsARN": parts[0], "Created": 0}
        return 200, [("content-type", "application/json"), ("etag", self.tag())], json.dumps(body).encode()

    def tag(self):
        return f"KV{self.version}"

    def fetch(self, link, **headers):
        """Returns what a client gets: the zip's bytes and the answer's headers, or the refusal's code."""
        place = urllib.parse.urlsplit(link)
        (distribution,) = self.world.stack.of("AWS::CloudFront::Distribution").values()
        config = distribution["DistributionConfig"]
        behaviour = next(one for one in config["CacheBehaviors"] if place.path.startswith(one["PathPattern"].removesuffix("*")))
        assert place.netloc == self.world.stack.attribute("Console", "DomainName"), link
        assert {one["EventType"] for one in behaviour["FunctionAssociations"]} == {"viewer-request", "viewer-response"}
        request = {"method": "GET", "uri": place.path, "querystring": {}, "headers": {name: {"value": text} for name, text in headers.items()}}
        asked = self.run({"eventType": "viewer-request"}, request=request)
        if "statusCode" in asked:
            return json.loads(asked["body"])["code"], {}
        origin = next(one for one in config["Origins"] if one["Id"] == behaviour["TargetOriginId"])
        body = self.from_origin(origin, asked)
        served = self.run({"eventType": "viewer-response"}, request=asked, response={"statusCode": 200, "headers": {}})
        return body, {name: one["value"] for name, one in served["headers"].items()}

    def from_origin(self, origin, request):
        """S3 serves what the bucket's policy lets this distribution have."""
        access = self.world.stack.resources["PlainLinkAccess"]["OriginAccessControlConfig"]
        assert access["SigningBehavior"] == "always" and "authorization" not in request["headers"], request
        bucket = origin["DomainName"].split(".")[0]
        arn = f"arn:aws:s3:::{bucket}{request['uri']}"
        statements = self.world.stack.resources["ArchivesPolicy"]["PolicyDocument"]["Statement"]
        allowed = [one for one in statements if one["Principal"] == {"Service": "cloudfront.amazonaws.com"} and one["Action"] == "s3:GetObject"]
        assert any(arn.startswith(one["Resource"].removesuffix("*")) for one in allowed), arn
        return self.world.owner["s3"].get_object(Bucket=bucket, Key=request["uri"][1:])["Body"].read()

    def run(self, context, **event):
        event = {"context": context, "viewer": {"ip": VIEWER}, **event}
        given = json.dumps({"secrets": self.keys, "now": int(time.time() * 1000), "events": [event]})
        done = subprocess.run(["node", ROOT / "tests/deploy/edge.mjs"], input=given, text=True, capture_output=True, check=True)
        found = json.loads(done.stdout)
        self.log(found["logged"])
        return found["answers"][0]

    def log(self, lines):
        """CloudFront's log of the function: in us-east-1, with the request's id before each line."""
        if not lines:
            return
        logs, group = self.world.client_in("logs", "us-east-1"), self.world.variables("Notes")["EDGE_LOG"]
        self.noted += 1
        stream = {"logGroupName": group, "logStreamName": f"{self.noted}"}
        if self.noted == 1:
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(**stream)
        logs.put_log_events(**stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": f"request-id {line}"} for line in lines])
