"""Maps a signed request to the actions, resources and condition keys that it needs, following AWS's Service Authorization Reference."""

import contextlib
import json
import re
import urllib.parse
import xml.etree.ElementTree

from stack import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"


class Need:
    def __init__(self, action, resource, **context):
        self.action, self.resource, self.context = action, resource, context


def needs(service, request, encrypted):
    """Everything that must be allowed for a request. `encrypted` knows the KMS key of each object."""
    by_service = {
        "dynamodb": dynamodb, "states": states, "secretsmanager": secrets, "scheduler": scheduler, "ses": ses, "sqs": sqs, "logs": logs,
        "xray": xray, "iam": iam, "lambda": functions, "cloudfront-keyvaluestore": key_value_store, "ec2": interfaces,
        "cloudformation": stacks, "kms": signing,
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
    if request.method == "POST" and "delete" in request.query:
        named = [one for one in xml.etree.ElementTree.fromstring(request.body).iter() if one.tag.endswith("}Object")]
        return [deletion(bucket, {part.tag.partition("}")[2]: part.text for part in one}) for one in named]
    if not key:
        return [Need("s3:ListBucketVersions" if "versions" in request.query else "s3:ListBucket", f"arn:aws:s3:::{bucket}")]
    action, uses_key = s3_action(request)
    found = [Need(action, arn)]
    if "x-amz-object-lock-mode" in request.headers:
        found.append(Need("s3:PutObjectRetention", arn))
    source = request.headers.get("x-amz-copy-source")
    if source:
        source = urllib.parse.unquote(source).lstrip("/")
        found.append(Need("s3:GetObject", f"arn:aws:s3:::{source}"))
        found += [Need("kms:Decrypt", key) for key in [encrypted.key_of(*source.split("/", 1))] if key]
    used = encrypted.key_used(request, bucket, key)
    return found + [Need(f"kms:{use}", used) for use in uses_key if used]


def deletion(bucket, named):
    action = "s3:DeleteObjectVersion" if "VersionId" in named else "s3:DeleteObject"
    return Need(action, f"arn:aws:s3:::{bucket}/{named['Key']}")


class Encryption:
    """Knows the KMS key of each object: the bucket's key at the time of the write, or of the start of the upload (S3 user guide:
    Using server-side encryption with AWS KMS keys)."""

    def __init__(self, buckets):
        self.buckets, self.objects, self.uploads, self.earlier = buckets, {}, {}, None

    def key_of(self, bucket, key):
        return self.objects.get((bucket, urllib.parse.unquote(key)), self.buckets.get(bucket))

    def key_used(self, request, bucket, key):
        """The key that a request uses."""
        if request.method in ("GET", "HEAD"):
            return self.key_of(bucket, key)
        return self.uploads.get(request.query.get("uploadId", [None])[0], self.buckets.get(bucket))

    @contextlib.contextmanager
    def as_if_written_with(self, key):
        """Treats everything written meanwhile as encrypted with that earlier key."""
        self.earlier = key
        try:
            yield
        finally:
            self.earlier = None

    def note(self, request, body):
        """Notes the key of a written object or a started upload."""
        bucket, _, key = request.path.lstrip("/").partition("/")
        if not self.earlier or bucket not in self.buckets or request.method not in ("PUT", "POST"):
            return
        if "uploads" in request.query:
            self.uploads[re.search(rb"<UploadId>(.+)</UploadId>", body)[1].decode()] = self.earlier
        else:
            self.objects[bucket, urllib.parse.unquote(key)] = self.earlier


def s3_action(request):
    """The action, and the uses of the bucket's encryption key."""
    match request.method:
        case "GET" if "retention" in request.query:
            return "s3:GetObjectRetention", []
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
    secret = body.get("SecretId") or body["Name"]
    # Secrets Manager adds six characters to a name (Secrets Manager user guide: What's in a Secrets Manager secret?).
    arn = secret if secret.startswith("arn:") else f"arn:aws:secretsmanager:{HERE}:secret:{secret}-AbCdEf"
    return [Need(f"secretsmanager:{operation}", arn)]


def signing(request):
    operation, body = target(request)
    return [Need(f"kms:{operation}", body["KeyId"])]


def ses(request):
    body = json.loads(request.body)
    sender = body["FromEmailAddress"]
    action = "SendRawEmail" if "Raw" in body["Content"] else "SendEmail"
    resources = [f"identity/{sender.split('@')[1]}"]
    if "ConfigurationSetName" in body:
        resources.append(f"configuration-set/{body['ConfigurationSetName']}")
    return [Need(f"ses:{action}", f"arn:aws:ses:{HERE}:{resource}", **{"ses:FromAddress": sender}) for resource in resources]


def sqs(request):
    operation, body = target(request)
    return [Need(f"sqs:{operation}", f"arn:aws:sqs:{HERE}:{body['QueueUrl'].split('/')[-1]}")]


def logs(request):
    operation, body = target(request)
    stream = body["logStreamName"] if operation == "PutLogEvents" else ""
    region = re.search(r"Credential=[^/]+/\d+/([a-z0-9-]+)/", request.headers["authorization"])[1]
    return [Need(f"logs:{operation}", f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{body['logGroupName']}:log-stream:{stream}")]


def xray(request):
    return [Need({"/TraceSegments": "xray:PutTraceSegments", "/TelemetryRecords": "xray:PutTelemetryRecords"}[request.path], "*")]


def functions(request):
    name = request.path.split("/")[3]
    return [Need("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:{name}")]


def key_value_store(request):
    arn, *rest = [urllib.parse.unquote(part) for part in request.path.split("/")[2:]]
    action = {"PUT": "PutKey", "DELETE": "DeleteKey", "GET": "ListKeys" if rest else "DescribeKeyValueStore"}[request.method]
    return [Need(f"cloudfront-keyvaluestore:{action}", arn)]


def interfaces(request):
    body = urllib.parse.parse_qs(request.body.decode())
    return [Need(f"ec2:{body['Action'][0]}", "*")]


def stacks(request):
    body = urllib.parse.parse_qs(request.body.decode())
    return [Need(f"cloudformation:{body['Action'][0]}", f"arn:aws:cloudformation:{HERE}:stack/{body['StackName'][0]}/1")]


def iam(request):
    body = urllib.parse.parse_qs(request.body.decode())
    return [Need(f"iam:{body['Action'][0]}", f"arn:aws:iam::{ACCOUNT}:user/{body['UserName'][0]}")]
