"""Hands the notes in the log of downloads.js to the function that records downloads. CloudFront keeps the logs of its functions in
us-east-1, wherever a request was answered (CloudFront developer guide: "Edge function logs")."""

import json
import os
import time

import boto3

# Each note is handed over several times in case a call fails; the receiver records a download once.
LOOK_BACK_MS = 3_600_000
PREFIX = "served "


def handle(_event, _context):
    """Called every five minutes."""
    logs = boto3.client("logs", region_name="us-east-1")
    access = boto3.client("lambda")
    group = os.environ["EDGE_LOG"]
    try:
        notes = list(read(logs, group))
        logs.put_retention_policy(logGroupName=group, retentionInDays=int(os.environ["LOG_DAYS"]))
    except logs.exceptions.ResourceNotFoundException:
        # The first note creates the group.
        return {"handed_over": 0}
    for note in notes:
        payload = json.dumps({"served": note})
        access.invoke(FunctionName=os.environ["ACCESS_FUNCTION"], InvocationType="Event", Payload=payload)
    return {"handed_over": len(notes)}


def read(logs, group):
    """The notes of the last hour."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(time.time() * 1000) - LOOK_BACK_MS, filterPattern='"served"'
    )
    for page in pages:
        for event in page["events"]:
            _, found, note = event["message"].partition(PREFIX)
            if found:
                yield json.loads(note)
