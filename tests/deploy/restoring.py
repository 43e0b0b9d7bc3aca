"""Rehearses the loss of the table on an emulated DynamoDB (moto): infra/restore-table, and the stack pointed at the new table. moto restores
the table's present content, whatever the time; docs/operations/checklist.md lists the restore of a past state."""

import json
import logging
import os
import subprocess
import sys

import boto3
from moto.server import ThreadedMotoServer

from stack import ACCOUNT, NAME, REGION, ROOT, Stack

ITEM = {"pk": {"S": "ORG#1"}, "sk": {"S": "ORGANISATION"}, "due_shard": {"S": "0"}, "due_at": {"S": "2027-01-01T00:00:00Z"}}
NEW = "hozon-restored"


def main():
    logging.disable(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        rehearse(f"http://{host}:{port}")
    finally:
        server.stop()


def rehearse(endpoint):
    keys = {"AWS_ACCESS_KEY_ID": "owner", "AWS_SECRET_ACCESS_KEY": "owner", "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": endpoint}
    os.environ.update(keys)
    dynamodb = boto3.client("dynamodb")
    table = Stack().reference("Table")
    dynamodb.create_table(TableName=table, **Stack().table())
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    dynamodb.put_item(TableName=table, Item=ITEM)
    # Twice, as after an interruption.
    first, again = restore(table), restore(table)
    expect("a repeat changes nothing", again, first)
    look(dynamodb, table)
    deployed(first, dynamodb.describe_table(TableName=NEW)["Table"]["LatestStreamArn"])
    print(f"restored into {first['RestoredTable']}, with stream, TTL, recovery and protection; the stack no longer uses the old table")


def restore(table):
    command = [sys.executable, ROOT / "infra/restore-table", table, NEW, "latest"]
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(one.split("=", 1) for one in done.stdout.split())


def look(dynamodb, table):
    """The new table is configured like the template's and has the old table's content."""
    before, after = (dynamodb.describe_table(TableName=name)["Table"] for name in (table, NEW))
    for what in ("AttributeDefinitions", "KeySchema", "StreamSpecification"):
        expect(what, after[what], before[what])
    expect("indexes", [one["IndexName"] for one in after["GlobalSecondaryIndexes"]], ["due"])
    expect("protection", after.get("DeletionProtectionEnabled"), True)
    expect("TTL", dynamodb.describe_time_to_live(TableName=NEW)["TimeToLiveDescription"]["AttributeName"], "ttl")
    backups = dynamodb.describe_continuous_backups(TableName=NEW)["ContinuousBackupsDescription"]
    expect("recovery", backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")
    expect("items", dynamodb.scan(TableName=NEW)["Items"], [ITEM])
    due = {"IndexName": "due", "KeyConditionExpression": "due_shard = :s", "ExpressionAttributeValues": {":s": {"S": "0"}}}
    expect("items that are due", dynamodb.query(TableName=NEW, **due)["Count"], 1)


def deployed(printed, stream):
    """With the printed parameters, functions, roles, stream and alarms refer to the new table, and nothing refers to the old one."""
    stack = Stack({**Stack().parameters, **printed})
    uses = {id: json.dumps(one) for id, one in stack.resources.items() if id != "Table"}
    old = f"{NAME}-Table"
    expect("resources that speak of the table before", sorted(id for id, text in uses.items() if old in text), [])
    functions = stack.of("AWS::Lambda::Function").values()
    expect("the functions' table", {one["Environment"]["Variables"]["HOZON_TABLE"] for one in functions}, {NEW})
    mappings = stack.of("AWS::Lambda::EventSourceMapping").values()
    expect("the streams", {one["EventSourceArn"].split(":table/")[1] for one in mappings}, {stream.split(":table/")[1]})
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NEW}"
    for id in ("ScheduleRole", "ArchiveRole", "NotifyRole", "TriggerRole", "CaptureProgram", "CrmWriter"):
        expect(f"{id} may use it", f'"{arn}' in uses[id], True)
    expect("the alarm", uses["TableThrottled"].count(NEW), 4)


def expect(what, one, other):
    if one != other:
        raise SystemExit(f"{what}: {one}, not {other}")


if __name__ == "__main__":
    main()
