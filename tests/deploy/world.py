"""Deploys Hozon without AWS: the template's resources in an emulated AWS, behind a gate that enforces the template's policies, with the
functions' real binaries behind the Lambda Runtime API."""

import functools
import json
import logging
import os
import pathlib
import subprocess
import sys
import time
import uuid

import boto3
from moto.core.config import default_user_config
from moto.iam.models import iam_backends

from edge import Edge
from emulator import Emulator
from gate import Gate
from gateway import Gateway
from lambda_host import Host, Instances
from machine import Machine
from outside import Outside
from policy import Principals
from services import cloudformation_describes, lambda_attaches_to_network, lambda_is_called
from stack import ACCOUNT, NAME, REGION, ROOT, Stack
from zoho import Zoho

FUNCTIONS = ("Authorize", "Schedule", "Download", "Activity", "Explore", "Restore", "Purchase", "Connection", "Access", "Trigger", "Notify", "CaptureDatabase", "CaptureWeb", "WriteBack", "Archive", "Erase")
SENDER_DOMAIN = "example.com"
ORIGIN_SECRET = {"secret": "what CloudFront sends"}
PAYMENT_SECRET = {"api_key": "sk_test_1", "webhook_secrets": ["whsec_1"]}
# The smallest parts that S3 accepts, so that little data has several.
SETTINGS = {"HOZON_PART_BYTES": str(5 << 20)}


class World:
    """Everything that a story needs."""

    def __init__(self, binaries):
        """`binaries` is the folder with the functions' binaries."""
        # The emulators log at length what the stories provoke on purpose.
        logging.disable(logging.ERROR)
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        self.stack, self.zoho = Stack(), Zoho(binaries)
        self.principals = Principals(self.stack)
        self.emulator = Emulator()
        self.binaries = pathlib.Path(binaries)
        key = self.stack.parameters["ArchivesKeyArn"]
        encrypted = {self.stack.reference(id): key for id, one in self.stack.of("AWS::S3::Bucket").items()
                     if "aws:kms" in json.dumps(one.get("BucketEncryption", {}))}
        self.gate = Gate(self.principals, self.emulator.port, encrypted)
        self.edge, self.handed_over = Edge(self), []
        self.gate.others = {"cloudfront-keyvaluestore": self.edge.answer, "lambda": lambda request: lambda_is_called(self, request),
                            "cloudformation": lambda request: cloudformation_describes(self, request)}
        self.owner = {service: self.client(service) for service in (
            "dynamodb", "dynamodbstreams", "iam", "kms", "logs", "s3", "scheduler", "secretsmanager", "ses", "sqs", "stepfunctions", "sts", "xray")}
        self.create()
        self.environment = {principal: self.credentials(principal) for principal in self.principals.statements if principal != "Signer"}
        self.gate.functions = {f"{id}Role": self.stack.attribute(id, "Arn") for id in self.stack.of("AWS::Lambda::Function")}
        self.outside = Outside()
        self.hosts = {name: self.host(name) for name in FUNCTIONS}
        self.hosts |= {name: Instances(lambda name=name: self.host(name)) for name in ("CaptureDatabase", "CaptureWeb")}
        self.hosts |= {"Rotate": PythonHost(self, "Rotate", "rotate", "rotate"), "Notes": PythonHost(self, "Notes", "edge", "notes")}
        self.api, self.machine = Gateway(self), Machine(self)
        self.ready, self.executions_ended, self.traced, self.log_streams = None, {}, {}, {}
        self.rotate(uuid.uuid4().hex)
        self.rotate(uuid.uuid4().hex, "PlainLinkKey")

    @functools.cache
    def client(self, service, principal=None):
        """A client of the account's owner, or of a principal, whose requests pass the gate."""
        endpoint = self.gate.url if principal else self.emulator.url
        found = self.environment[principal] if principal else {"AWS_ACCESS_KEY_ID": "owner", "AWS_SECRET_ACCESS_KEY": "owner"}
        return boto3.client(
            service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id=found["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"], aws_session_token=found.get("AWS_SESSION_TOKEN"),
            config=boto3.session.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def client_in(self, service, region):
        """A client of the account's owner in another region."""
        return boto3.client(service, endpoint_url=self.emulator.url, region_name=region, aws_access_key_id="owner", aws_secret_access_key="owner")

    def create(self):
        """Creates the resources as the template describes them."""
        stack, owner = self.stack, self.owner
        self.table = stack.reference("Table")
        owner["dynamodb"].create_table(TableName=self.table, **stack.table())
        for id, one in stack.of("AWS::S3::Bucket").items():
            place = {"LocationConstraint": REGION}
            locked = {"ObjectLockEnabledForBucket": True} if one.get("ObjectLockEnabled") else {}
            owner["s3"].create_bucket(Bucket=stack.reference(id), CreateBucketConfiguration=place, **locked)
        for id in stack.of("AWS::SQS::Queue"):
            owner["sqs"].create_queue(QueueName=f"{NAME}-{id}")
        for one in stack.of("AWS::Logs::LogGroup").values():
            owner["logs"].create_log_group(logGroupName=one["LogGroupName"])
        owner["scheduler"].create_schedule_group(Name=stack.reference("Triggers"))
        for id, one in stack.of("AWS::IAM::Role").items():
            document = json.dumps(one["AssumeRolePolicyDocument"])
            owner["iam"].create_role(RoleName=stack.reference(id), AssumeRolePolicyDocument=document)
        owner["iam"].create_user(UserName=stack.reference("Signer"))
        owner["ses"].verify_domain_identity(Domain=SENDER_DOMAIN)
        self.secrets = {}
        for arn, value in ((stack.reference("SignerKey"), {"id": "", "secret": "none yet"}),
                           (stack.reference("PlainLinkKey"), {"id": "", "secret": "none yet"}),
                           (stack.reference("OriginSecret"), ORIGIN_SECRET), (stack.parameters["PaymentSecretArn"], PAYMENT_SECRET),
                           (stack.parameters["ZohoClientSecretArn"], self.zoho.client())):
            made = owner["secretsmanager"].create_secret(Name=arn.split(":")[-1].rsplit("-", 1)[0], SecretString=json.dumps(value))
            self.secrets[arn] = made["ARN"]
        declared = stack.resources["StatementKey"]
        made = owner["kms"].create_key(KeySpec=declared["KeySpec"], KeyUsage=declared["KeyUsage"], Policy=json.dumps(declared["KeyPolicy"]))
        self.secrets[stack.attribute("StatementKey", "Arn")] = made["KeyMetadata"]["Arn"]
        # The emulator chooses the suffixes of secrets' ARNs and the ids of keys; policies and environment follow it.
        for statements in self.principals.statements.values():
            for statement in statements:
                statement.resources = [self.secrets.get(one, one) for one in statement.resources]

    def credentials(self, principal):
        """Credentials of a session of that role, or of a user for a policy that is attached to an outside principal."""
        name = self.stack.reference(principal)
        made = self.owner["sts"].assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="story")["Credentials"]
        self.gate.keys[made["AccessKeyId"]] = principal
        return {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
            "AWS_SESSION_TOKEN": made["SessionToken"],
        }

    def variables(self, logical):
        """The function's environment from the template, with this world's endpoints."""
        declared = self.stack.resources[logical]
        given = {name: self.secrets.get(value, value) for name, value in declared["Environment"]["Variables"].items()}
        given = {name: str(value).replace("/opt/", f"{ROOT}/infra/") for name, value in given.items()}
        endpoints = {f"HOZON_{name}_ENDPOINT": self.gate.url for name in ("S3", "DYNAMODB", "STATES", "SCHEDULER", "MAIL", "SECRETS", "QUEUES", "KMS")}
        return {
            **given, **endpoints, **SETTINGS, **self.outside.places(), "HOZON_ZOHO_URL": self.zoho.url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.gate.url, "AWS_LAMBDA_FUNCTION_NAME": declared["FunctionName"], "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(declared["MemorySize"]), "AWS_LAMBDA_LOG_GROUP_NAME": declared["LoggingConfig"]["LogGroup"],
            "AWS_LAMBDA_LOG_STREAM_NAME": "2027/01/01/[$LATEST]0", "_HANDLER": declared["Handler"],
        }

    def host(self, logical):
        # Both captures are the same code.
        name = self.stack.reference(logical).removeprefix(f"{NAME}-").replace("capture-web", "capture-database")
        environment = {**self.variables(logical), **self.environment[f"{logical}Role"]}
        host = Host(logical, self.stack.attribute(logical, "Arn"), [self.binaries / f"hozon-{name}"], environment, self.observe)
        host.attach = lambda: lambda_attaches_to_network(self, logical)
        return host

    def observe(self, logical, lines):
        """Writes a call's log and trace as Lambda does: under the function's role, and silently not at all if that is denied."""
        role = f"{logical}Role"
        logs, xray = self.client("logs", role), self.client("xray", role)
        self.log_streams[logical] = str(time.time_ns())
        place = {"logGroupName": self.stack.reference(f"{logical}Log"), "logStreamName": self.log_streams[logical]}
        now = int(time.time() * 1000)
        quietly(lambda: logs.create_log_stream(**place))
        quietly(lambda: logs.put_log_events(**place, logEvents=[{"timestamp": now, "message": line or " "} for line in lines]))
        trace = f"1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
        segment = {"name": logical, "id": "70de5b6f19ff9a0a", "trace_id": trace, "start_time": now / 1000, "end_time": now / 1000 + 1}
        segments = quietly(lambda: xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(segment)]))
        telemetry = quietly(lambda: xray.put_telemetry_records(TelemetryRecords=[{"Timestamp": now / 1000}]))
        self.traced[logical] = segments and telemetry

    def rotate(self, token, key="SignerKey"):
        """Runs the four steps of a rotation, each as its own call."""
        secret = self.secrets[self.stack.reference(key)]
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            self.hosts["Rotate"].invoke({"SecretId": secret, "ClientRequestToken": token, "Step": step})
        self.gate.keys |= {key["AccessKeyId"]: "Signer" for key in self.signer_keys()}

    def forget_signer_keys(self):
        """Resets the signer's keys as in a new stack."""
        for key in self.signer_keys():
            self.owner["iam"].delete_access_key(UserName=self.stack.reference("Signer"), AccessKeyId=key["AccessKeyId"])

    def age_signer_keys(self, by):
        """Ages the signer's keys by that time."""
        for key in iam_backends[ACCOUNT]["aws"].users[self.stack.reference("Signer")].access_keys:
            key.create_date -= by

    def signer_keys(self):
        return self.owner["iam"].list_access_keys(UserName=self.stack.reference("Signer"))["AccessKeyMetadata"]

    def cold(self):
        """Ends every function's process."""
        for host in self.hosts.values():
            host.stop()

    def stop(self):
        self.cold()
        self.emulator.stop()
        self.zoho.stop()


class PythonHost:
    """A Python function; each call is its own process."""

    def __init__(self, world, logical, folder, module):
        self.world, self.logical, self.folder, self.module = world, logical, folder, module

    def invoke(self, event):
        world, logical, module = self.world, self.logical, self.module
        # The key value store's host differs by account, so it is reached through a proxy.
        places = {"AWS_ENDPOINT_URL": world.gate.url, "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE": "http://kvs.example",
                  "HTTP_PROXY": world.gate.url, "NO_PROXY": "127.0.0.1"}
        environment = {**os.environ, **world.variables(logical), **world.environment[f"{logical}Role"], **places}
        program = f"import json, sys, {module}; answer = {module}.handle(json.load(sys.stdin), None); print(json.dumps(answer))"
        done = subprocess.run([sys.executable, "-c", program], input=json.dumps(event), text=True, env=environment,
                              cwd=ROOT / "infra" / self.folder, capture_output=True)
        *printed, answer = done.stdout.splitlines() or ["null"]
        world.observe(logical, [*printed, *done.stderr.splitlines()] or ["END"])
        if done.returncode:
            raise PermissionError(done.stderr.splitlines()[-1])
        return json.loads(answer)

    def stop(self):
        """Does nothing: no process outlives its call."""


def quietly(call):
    try:
        call()
        return True
    except Exception:
        return False
