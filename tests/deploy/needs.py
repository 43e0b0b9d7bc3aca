"""What a signed request to AWS needs: actions, resources and the conditions' keys, after AWS's Service Authorization Reference."""

import json
import re
import urllib.parse

from stack import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"


class Need:
    def __init__(self, action, resource, **context):
        self.action, self.resource, self.context = action, resource, context


def needs(service, request, encrypted):
    """Everything that a request must be allowed. `encrypted` maps buckets to the KMS key that their objects are encrypted with."""
    by_service = {
        "dynamodb": dynamodb, "states": states, "secretsmanager": secrets, "scheduler": scheduler, "ses": ses, "sqs": sqs, "logs": logs,
        "xray": xray, "iam": iam,
    }
    if service == "s3":
        return s3(request, encrypted)
    return by_service[service](request)


def target(request):
    return request.headers["x-amz-target"].split(".")[-1], json.loads(request.body)


def dynamodb(request):
    operation, body = target(request)
    if request.headers["x-amz-target"].startswith("DynamoDBStreams"):
        arn = body.get("StreamArn") or f"arn:aws:dynamodb:{HERE}:table/{body.get('TableName', 'hozon-Table')}/stream/*"
        return [Need(f"dynamodb:{operation}", arn)]
    if operation != "TransactWriteItems":
        return [item(operation, body)]
    writes = [(kind, one) for write in body["TransactItems"] for kind, one in write.items()]
    return [item({"Put": "PutItem", "Delete": "DeleteItem"}[kind], one) for kind, one in writes]


def item(operation, body):
    arn = f"arn:aws:dynamodb:{HERE}:table/{body['TableName']}"
    if operation == "Query":
        arn += f"/index/{body['IndexName']}" if "IndexName" in body else ""
        _, name = re.match(r"(\w+) = (:\w+)", body["KeyConditionExpression"]).groups()
        key = body["ExpressionAttributeValues"][name]["S"]
    else:
        key = (body["Item"] if operation == "PutItem" else body["Key"])["pk"]["S"]
    return Need(f"dynamodb:{operation}", arn, **{"dynamodb:LeadingKeys": [key]})


def s3(request, encrypted):
    bucket, _, key = request.path.lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}/{urllib.parse.unquote(key)}"
    if not key:
        return [Need("s3:ListBucket", f"arn:aws:s3:::{bucket}")]
    action, uses_key = s3_action(request)
    found = [Need(action, arn)]
    source = request.headers.get("x-amz-copy-source")
    if source:
        source = urllib.parse.unquote(source).lstrip("/")
        found.append(Need("s3:GetObject", f"arn:aws:s3:::{source}"))
        found += [Need("kms:Decrypt", key) for key in [encrypted.get(source.split("/")[0])] if key]
    return found + [Need(f"kms:{use}", encrypted[bucket]) for use in uses_key if bucket in encrypted]


def s3_action(request):
    """The action, and what a key that encrypts the bucket is used for."""
    match request.method:
        case "GET" | "HEAD":
            return "s3:GetObject", ["Decrypt"]
        case "PUT" if "partNumber" in request.query:
            return "s3:PutObject", ["GenerateDataKey", "Decrypt"]
        case "PUT":
            return "s3:PutObject", ["GenerateDataKey"]
        case "POST" if "uploads" in request.query:
            return "s3:PutObject", ["GenerateDataKey"]
        case "POST":
            return "s3:PutObject", ["Decrypt"]
        case "DELETE" if "uploadId" in request.query:
            return "s3:AbortMultipartUpload", []
        case "DELETE":
            return "s3:DeleteObject", []


def scheduler(request):
    name = request.path.split("/")[-1]
    action = {"POST": "CreateSchedule", "PUT": "UpdateSchedule", "DELETE": "DeleteSchedule"}[request.method]
    body = json.loads(request.body or b"{}")
    group = body.get("GroupName") or request.query["groupName"][0]
    found = [Need(f"scheduler:{action}", f"arn:aws:scheduler:{HERE}:schedule/{group}/{name}")]
    if "Target" in body:
        passed = {"iam:PassedToService": "scheduler.amazonaws.com"}
        found.append(Need("iam:PassRole", body["Target"]["RoleArn"], **passed))
    return found


def states(request):
    operation, body = target(request)
    return [Need(f"states:{operation}", body["stateMachineArn"])]


def secrets(request):
    operation, body = target(request)
    return [Need(f"secretsmanager:{operation}", body["SecretId"])]


def ses(request):
    body = json.loads(request.body)
    sender = body["FromEmailAddress"]
    action = "SendRawEmail" if "Raw" in body["Content"] else "SendEmail"
    return [Need(f"ses:{action}", f"arn:aws:ses:{HERE}:identity/{sender.split('@')[1]}", **{"ses:FromAddress": sender})]


def sqs(request):
    operation, body = target(request)
    return [Need(f"sqs:{operation}", f"arn:aws:sqs:{HERE}:{body['QueueUrl'].split('/')[-1]}")]


def logs(request):
    operation, body = target(request)
    stream = body["logStreamName"] if operation == "PutLogEvents" else ""
    return [Need(f"logs:{operation}", f"arn:aws:logs:{HERE}:log-group:{body['logGroupName']}:log-stream:{stream}")]


def xray(request):
    return [Need({"/TraceSegments": "xray:PutTraceSegments", "/TelemetryRecords": "xray:PutTelemetryRecords"}[request.path], "*")]


def iam(request):
    body = urllib.parse.parse_qs(request.body.decode())
    return [Need(f"iam:{body['Action'][0]}", f"arn:aws:iam::{ACCOUNT}:user/{body['UserName'][0]}")]
