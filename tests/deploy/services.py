"""Emulates what AWS does under a role: Scheduler delivers, Lambda keeps failed calls, reads the table's stream and makes network interfaces."""

import datetime
import json
import urllib.parse
from xml.sax.saxutils import escape

from moto.dynamodb.models import dynamodb_backends

from lambda_host import Failed
from stack import ACCOUNT, NAME, REGION, ROOT

INTERFACES = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface", "AssignPrivateIpAddresses",
              "UnassignPrivateIpAddresses")


def scheduler_delivers(world, target, scheduled):
    """One delivery of EventBridge Scheduler to a function, under the target's role; an undeliverable call goes to the queue.
    Returns the function's answer, or `None`."""
    role = "SchedulerRole"
    assert target["RoleArn"] == world.stack.attribute(role, "Arn")
    function = function_of(target)
    event = json.loads(target["Input"].replace("<aws.scheduler.scheduled-time>", scheduled))
    is_there = function in world.hosts and f"{NAME}-{function.lower()}" == target["Arn"].split(":")[-1]
    if is_there and world.principals.may(role, "lambda:InvokeFunction", target["Arn"]):
        return lambda_calls_asynchronously(world, function, event)
    if "DeadLetterConfig" in target:
        send(world, role, target["DeadLetterConfig"]["Arn"], target["Input"])
    return None


def cloudformation_describes(world, request):
    """Describes the world's stack by its outputs, and another one that is not ours; there are no others."""
    name = urllib.parse.parse_qs(request.body.decode())["StackName"][0]
    described = {NAME: world.stack.outputs(), "another": {"Queue": "jobs"}}.get(name)
    kind = [("content-type", "text/xml")]
    if described is None:
        error = f"<Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id {name} does not exist</Message>"
        return 400, kind, f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
    members = "".join(f"<member><OutputKey>{key}</OutputKey><OutputValue>{escape(str(value))}</OutputValue></member>"
                      for key, value in described.items())
    stack = f"<StackName>{name}</StackName><CreationTime>2026-11-27T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>"
    stacks = f"<Stacks><member>{stack}<Outputs>{members}</Outputs></member></Stacks>"
    return 200, kind, f"<DescribeStacksResponse><DescribeStacksResult>{stacks}</DescribeStacksResult></DescribeStacksResponse>".encode()


def function_of(target):
    """Logical id of the function that a schedule or rule calls."""
    return target["Arn"].split(":")[-1].removeprefix(f"{NAME}-").capitalize()


def lambda_calls_asynchronously(world, function, event):
    """An asynchronous call: retried as the template says, and kept in the queue if it keeps failing."""
    configured = [one for one in world.stack.of("AWS::Lambda::EventInvokeConfig").values()
                  if one["FunctionName"] == world.stack.reference(function)] or [{}]
    retries = configured[0].get("MaximumRetryAttempts", 2)
    for _ in range(retries + 1):
        try:
            return world.hosts[function].invoke(event)
        except Failed as failure:
            failed = failure
    destination = configured[0].get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if destination:
        send(world, f"{function}Role", destination, json.dumps({"requestPayload": event, "responsePayload": failed.error}))
    return None


def lambda_is_called(world, request):
    """Lambda's API for asynchronous calls."""
    function = request.path.split("/")[3].removeprefix(f"{NAME}-").capitalize()
    world.handed_over.append(lambda_calls_asynchronously(world, function, json.loads(request.body)))
    return 202, [], b""


def lambda_attaches_to_network(world, logical):
    """Makes the network interfaces of a function in a VPC, under its role (Lambda developer guide: Giving Lambda functions access to resources
    in an Amazon VPC). Lambda does it when it configures the function, here before each cold start; it is not the function's code that asks."""
    if "VpcConfig" not in world.stack.resources[logical]:
        return
    if not all(world.principals.may(f"{logical}Role", f"ec2:{action}", "*") for action in INTERFACES):
        raise Failed({"errorType": "EC2AccessDeniedException", "errorMessage": "the function could not be attached to its subnets"})


def cloudtrail_delivers(world, link, **changes):
    """Delivers CloudTrail's event about a request with a link to the target of the EventBridge rule, if the target's policy allows it.
    Returns the function's answer, or `None`."""
    place = urllib.parse.urlsplit(link)
    query = dict(urllib.parse.parse_qsl(place.query))
    bucket, key = place.path.removeprefix("/").split("/", 1)
    event = json.loads((ROOT / "tests/deploy/events/access.json").read_text())
    given = {"bucketName": bucket, "key": key, "X-Amz-Date": query["X-Amz-Date"], "X-Amz-Expires": query["X-Amz-Expires"]}
    event["detail"]["requestParameters"] |= given
    event["detail"] |= {"eventTime": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), **changes}
    (rule,) = [id for id, one in world.stack.of("AWS::Events::Rule").items() if "EventPattern" in one]
    declared = world.stack.resources[rule]
    if not fits(declared["EventPattern"], event):
        return None
    (target,) = declared["Targets"]
    function = function_of(target)
    permitted = [one for one in world.stack.of("AWS::Lambda::Permission").values()
                 if one["FunctionName"] == world.stack.reference(function) and one["Principal"] == "events.amazonaws.com"]
    assert [one["SourceArn"] for one in permitted] == [world.stack.attribute(rule, "Arn")], permitted
    return lambda_calls_asynchronously(world, function, event)


def fits(pattern, event):
    """EventBridge's pattern matching, as far as the template uses it."""
    for name, wanted in pattern.items():
        value = event.get(name)
        if isinstance(wanted, dict):
            if not isinstance(value, dict) or not fits(wanted, value):
                return False
        elif not any(fits_one(one, value) for one in wanted):
            return False
    return True


def fits_one(wanted, value):
    if not isinstance(wanted, dict):
        return wanted == value
    (operator, operand), = wanted.items()
    return {"exists": lambda: (value is not None) == operand, "prefix": lambda: value is not None and value.startswith(operand)}[operator]()


def send(world, role, queue, body):
    url = world.owner["sqs"].get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"]
    world.client("sqs", role).send_message(QueueUrl=url, MessageBody=body)


def letters(world, queue):
    """Takes everything out of a queue."""
    url = world.owner["sqs"].get_queue_url(QueueName=f"{NAME}-{queue}")["QueueUrl"]
    found = []
    while True:
        messages = world.owner["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return found
        for message in messages:
            found.append(message["Body"])
            world.owner["sqs"].delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class StreamReader:
    """Lambda's event source mappings: read the stream with the function's role, filter, hand over batches, and keep what goes on failing."""

    def __init__(self, world):
        self.mappings = list(world.stack.of("AWS::Lambda::EventSourceMapping").values())
        self.world, self.role = world, "NotifyRole"
        self.arn = world.owner["dynamodb"].describe_table(TableName=world.table)["Table"]["LatestStreamArn"]
        # Not the records of earlier stories.
        shard = dynamodb_backends[ACCOUNT][REGION].get_table(world.table).stream_shard
        self.last = shard.starting_sequence_number + len(shard.items) - 1

    def read(self, client):
        shard = client.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": str(self.last)}
        iterator = client.get_shard_iterator(StreamArn=self.arn, ShardId=shard, **start)["ShardIterator"]
        found = []
        # An answer has at most 1,000 records.
        while True:
            answer = client.get_records(ShardIterator=iterator)
            if not answer["Records"]:
                return found
            found, iterator = found + answer["Records"], answer["NextShardIterator"]

    def deliver(self, spoil=lambda record: record):
        """Hands over new records, and those that come of them. `spoil` changes them on their way."""
        client = self.world.client("dynamodbstreams", self.role)
        client.list_streams(TableName=self.world.table)
        while records := [spoil(plain(record)) for record in self.read(client)]:
            self.last = max([self.last, *(int(record["dynamodb"]["SequenceNumber"]) for record in records)])
            for mapping in self.mappings:
                passed = [record for record in records if self.passes(mapping, record)]
                for start in range(0, len(passed), mapping["BatchSize"]):
                    self.hand_over(mapping, passed[start:start + mapping["BatchSize"]])

    @staticmethod
    def passes(mapping, record):
        (one,) = mapping["FilterCriteria"]["Filters"]
        pattern = json.loads(one["Pattern"])
        prefix = pattern["dynamodb"]["Keys"]["sk"]["S"][0]["prefix"]
        return record["eventName"] in pattern["eventName"] and record["dynamodb"]["Keys"]["sk"]["S"].startswith(prefix)

    def hand_over(self, mapping, batch):
        """Delivers a failed record again with its successors, and gives it up after three attempts."""
        for _ in range(3):
            answer = self.world.hosts["Notify"].invoke({"Records": batch})
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            places = [place for place, record in enumerate(batch) if record["dynamodb"]["SequenceNumber"] in failed]
            if not places:
                return
            batch = batch[places[0]:]
        send(self.world, self.role, mapping["DestinationConfig"]["OnFailure"]["Destination"],
             json.dumps({"DDBStreamBatchInfo": {"startSequenceNumber": batch[0]["dynamodb"]["SequenceNumber"], "batchSize": 1}}))
        if batch[1:]:
            self.hand_over(mapping, batch[1:])


def plain(record):
    """A record as Lambda writes it: JSON, with times in seconds."""
    def readable(value):
        return value.timestamp() if isinstance(value, datetime.datetime) else str(value)
    record = json.loads(json.dumps(record, default=readable))
    return {**record, "eventSourceARN": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-Table/stream/2027-01-01T00:00:00.000"}


def next_15th():
    """The next 15th of a month at 04:00 in Tokyo, in Scheduler's format."""
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    now = datetime.datetime.now(tokyo)
    this = now.replace(day=15, hour=4, minute=0, second=0, microsecond=0)
    later = this if this > now else (this + datetime.timedelta(days=31)).replace(day=15)
    return later.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
