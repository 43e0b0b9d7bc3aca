"""Runs infra/archive.asl.json with moto's interpreter (LocalStack's), under the state machine's role and with the functions' real binaries."""

import io
import json
import time

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from lambda_host import Failed
from stack import ACCOUNT, NAME, REGION, machine

ROLE = "MachineRole"
# How long an execution may take. A function that does not answer is ended after a minute, and called again.
EXECUTION_SECONDS = 300
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-archive"
# AWS's documents show the ARN of a map's executions in two forms.
PACKING = (f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{NAME}-archive/Pack:1", f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{NAME}-archive:1")
LOG_DELIVERY = (
    "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries", "PutResourcePolicy",
    "DescribeResourcePolicies", "DescribeLogGroups",
)
TRACE = ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")


class Machine:
    """The state machine of a world."""

    def __init__(self, world):
        # `before` has actions to run once before a task; `is_out` makes every call fail.
        self.world, self.before, self.is_out, self.is_lost = world, {}, False, False
        # Calls that have no answer yet, with the time of their beginning.
        self.calls = {}
        resource_eval_s3.boto_client_for = self.client_for
        lambda_eval_utils.boto_client_for = self.client_for
        role = world.stack.attribute(ROLE, "Arn")
        world.owner["stepfunctions"].create_state_machine(name=f"{NAME}-archive", definition=machine(world.stack), roleArn=role)

    def forget(self):
        """Forgets what an earlier story, which may have failed in its middle, has left."""
        self.before.clear()
        self.is_out = self.is_lost = False

    def client_for(self, region, service, state_credentials=None):
        return {"lambda": self, "s3": Reader(self)}[service]

    def require(self, action, resource):
        """Checks what Step Functions does under the role without an observable request."""
        if not self.world.principals.may(ROLE, action, resource):
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": action},
                               "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "1"}}, action)

    def check(self):
        """Checks what Step Functions requires of a machine with a log and traces."""
        for action in LOG_DELIVERY:
            self.require(f"logs:{action}", "*")

    def invoke(self, FunctionName, Payload, **_):
        """Calls a function and answers as Lambda answers Step Functions."""
        self.require("lambda:InvokeFunction", FunctionName)
        event = json.loads(Payload)
        (function,) = [name for name, host in self.world.hosts.items() if getattr(host, "arn", None) == FunctionName]
        task = event.get("task", "capture")
        if task == "assemble" and self.is_lost:
            raise ConnectionError("the map could not follow its items")
        self.before.pop(task, lambda: None)()
        if self.is_out:
            raise ConnectionError("Lambda is not there")
        call = object()
        self.calls[call] = (time.monotonic(), function, event)
        try:
            answer, failed = self.world.hosts[function].invoke(event), {}
        except Failed as failure:
            answer, failed = failure.error, {"FunctionError": "Unhandled"}
        finally:
            del self.calls[call]
        if task == "pack":
            # The map runs its items as child executions, which it follows and stops after a failure. This interpreter continues after a
            # failed item, so a missing permission for that shows with the next task.
            action = "states:StopExecution" if failed else "states:DescribeExecution"
            self.is_lost = not all(self.world.principals.may(ROLE, action, form) for form in PACKING)
        body = io.BytesIO(json.dumps(answer).encode())
        return {"Payload": body, "StatusCode": 200, "ExecutedVersion": "$LATEST", **failed}

    def run(self, execution):
        """Waits for the end of an execution; returns its status."""
        end = time.monotonic() + EXECUTION_SECONDS
        while time.monotonic() < end:
            status = self.world.owner["stepfunctions"].describe_execution(executionArn=execution)["status"]
            if status != "RUNNING":
                for action in TRACE:
                    self.require(f"xray:{action}", "*")
                return status
            time.sleep(0.02)
        calls = [f"{function} for {time.monotonic() - begun:.0f} s: {event}" for begun, function, event in self.calls.values()]
        raise AssertionError(f"an execution has not ended in {EXECUTION_SECONDS} seconds; calls without an answer: {calls}")

    def executions(self):
        found = self.world.owner["stepfunctions"].list_executions(stateMachineArn=MACHINE)["executions"]
        return [one["executionArn"] for one in found]


class Reader:
    """Reads a map's items."""

    def __init__(self, machine):
        self.machine = machine

    def get_object(self, **parameters):
        self.machine.require("states:StartExecution", MACHINE)
        return self.machine.world.client("s3", ROLE).get_object(**parameters)
