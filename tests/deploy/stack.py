"""infra/template.yaml as CloudFormation sees it: translated, with every reference resolved for one deployment."""

import json
import os
import pathlib
import re

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

ROOT = pathlib.Path(__file__).parents[2]
ACCOUNT, REGION, NAME = "123456789012", "ap-northeast-1", "hozon"

# Every optional part is on, so that each statement of the template can be tried.
# An organisation whose CRM keeps attached files in a bucket of its own.
FILES_ORGANISATION, FILES_BUCKET = 4242, "crm-files"
PARAMETERS = {
    "OidcIssuer": "https://id.example.com",
    "OidcJwksUrl": "https://id.example.com/jwks.json",
    "MailFrom": "backups@example.com",
    "MailIdentity": "example.com",
    "ZohoClientSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:zoho-client-AbCdEf",
    "PaymentSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:payments-AbCdEf",
    "ArchivesKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000",
    "PreviousArchivesKeyArns": [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"],
    "ConfigurationSet": "backups",
    "WebAclArn": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/backups/22222222-2222-2222-2222-222222222222",
    "ObjectLock": "GOVERNANCE",
    "SourceAddresses": "any",
    "SourceFiles": f"{FILES_ORGANISATION}=s3://{FILES_BUCKET}/media",
    "SourceFilesBucket": FILES_BUCKET,
    "WebhookAddresses": "any",
    "SourceSubnets": ["subnet-11111111", "subnet-22222222"],
    "SourceSecurityGroups": ["sg-33333333"],
}
NOTHING = object()
# The transformation requires it.
os.environ["AWS_DEFAULT_REGION"] = REGION


class Stack:
    """Resources by logical id, and conditions, for the given parameters."""

    def __init__(self, parameters=None):
        template = translated()
        defaults = {name: value["Default"] for name, value in template["Parameters"].items() if "Default" in value}
        self.parameters = {**defaults, **(PARAMETERS if parameters is None else parameters)}
        self.conditions, self.mappings = template["Conditions"], template["Mappings"]
        declared = template["Resources"]
        self.declared_outputs = template["Outputs"]
        self.declared = {id: one for id, one in declared.items() if "Condition" not in one or self.holds(one["Condition"])}
        self.resources = {id: self.resolve(one["Properties"]) for id, one in self.declared.items() if "Properties" in one}

    def of(self, kind):
        """Logical ids and properties of the resources of a type."""
        return {id: self.resources[id] for id, one in self.declared.items() if one["Type"] == kind}

    def outputs(self):
        """The stack's outputs by name."""
        return {name: self.resolve(one["Value"]) for name, one in self.declared_outputs.items()}

    def holds(self, condition):
        return self.resolve(self.conditions[condition])

    def resolve(self, value):
        """Resolves intrinsic functions."""
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return getattr(self, "do_" + function.removeprefix("Fn::").lower())(argument)
            if function == "Condition" and isinstance(argument, str):
                return self.holds(argument)
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not NOTHING}

    def do_ref(self, name):
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
            "AWS::StackName": NAME,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": NOTHING,
        }
        if name in pseudo:
            return pseudo[name]
        return self.parameters[name] if name in self.parameters else self.reference(name)

    def do_getatt(self, argument):
        id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        return self.attribute(id, attribute)

    def do_sub(self, argument):
        text, names = argument if isinstance(argument, list) else (argument, {})
        names = {name: self.resolve(one) for name, one in names.items()}

        def one(found):
            name = found[1]
            if name in names:
                return str(names[name])
            return str(self.do_getatt(name) if "." in name and "::" not in name else self.do_ref(name))

        return re.sub(r"\$\{([^!}]+)\}", one, text)

    def do_if(self, argument):
        condition, then, otherwise = argument
        return self.resolve(then if self.holds(condition) else otherwise)

    def do_findinmap(self, argument):
        name, key, attribute = map(self.resolve, argument)
        return self.mappings[name][str(key)][attribute]

    def do_equals(self, argument):
        one, other = map(self.resolve, argument)
        return str(one) == str(other)

    def do_not(self, argument):
        return not self.resolve(argument[0])

    def do_join(self, argument):
        between, parts = argument
        return between.join(map(str, self.resolve(parts)))

    def table(self):
        """The table as CreateTable's parameters."""
        (declared,) = self.of("AWS::DynamoDB::Table").values()
        taken = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        stream = {"StreamEnabled": True, **declared["StreamSpecification"]}
        return {"StreamSpecification": stream, **{key: declared[key] for key in taken}}

    def reference(self, id):
        """Value of `Ref` for a resource."""
        one = self.declared[id]
        named = {
            "AWS::Lambda::Function": "FunctionName",
            "AWS::Logs::LogGroup": "LogGroupName",
            "AWS::Scheduler::ScheduleGroup": "Name",
        }.get(one["Type"])
        if named:
            return self.resolve(one["Properties"][named])
        return {
            "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{id}-AbCdEf",
            "AWS::SQS::Queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{NAME}-{id}",
            "AWS::S3::Bucket": f"{NAME}-{id.lower()}",
            "AWS::CloudFront::Function": f"arn:aws:cloudfront::{ACCOUNT}:function/{NAME}-{id}",
            "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-archive",
        }.get(one["Type"], f"{NAME}-{id}")

    def attribute(self, id, name):
        """Value of `Fn::GetAtt` for a resource's attribute."""
        kind, reference = self.declared[id]["Type"], self.reference(id)
        here = f"{REGION}:{ACCOUNT}"
        arns = {
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{here}:table/{reference}",
            "AWS::KMS::Key": f"arn:aws:kms:{here}:key/{reference}",
            "AWS::S3::Bucket": f"arn:aws:s3:::{reference}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{here}:{NAME}-{id}",
            "AWS::Lambda::Function": f"arn:aws:lambda:{here}:function:{reference}",
            "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{reference}",
            "AWS::IAM::User": f"arn:aws:iam::{ACCOUNT}:user/{reference}",
            "AWS::Events::Rule": f"arn:aws:events:{here}:rule/{reference}",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{here}:log-group:{reference}:*",
            "AWS::CloudFront::KeyValueStore": f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/{reference}",
        }
        others = {
            "StreamArn": f"{arns.get(kind)}/stream/2027-01-01T00:00:00.000",
            "QueueName": f"{NAME}-{id}",
            "FunctionARN": reference,
            "DomainName": f"{id.lower()}.cloudfront.example",
            "RegionalDomainName": f"{reference}.s3.{REGION}.amazonaws.com",
            "ApiEndpoint": f"https://{id.lower()}.execute-api.{REGION}.amazonaws.com",
        }
        return arns[kind] if name == "Arn" else others[name]


def written():
    """The template as written."""
    return yaml_parse((ROOT / "infra/template.yaml").read_text())


def translated():
    """The template after SAM's transformation, with made-up locations of uploads."""
    template = written()
    for one in template["Resources"].values():
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            if key in one.get("Properties", {}):
                one["Properties"][key] = {"Bucket": "uploads", "Key": "one.zip"} if key == "DefinitionUri" else "s3://uploads/one.zip"
    return transform(template, {}, ManagedPolicies())


class ManagedPolicies:
    """Stands in for IAM's managed policies, which the template does not use."""

    def load(self):
        return {}


def machine(stack):
    """The state machine's definition with the template's substitutions."""
    (declared,) = stack.of("AWS::StepFunctions::StateMachine").values()
    text = (ROOT / "infra/archive.asl.json").read_text()
    for name, value in declared["DefinitionSubstitutions"].items():
        text = text.replace("${" + name + "}", str(value))
    assert "${" not in text, "the template does not substitute everything"
    json.loads(text)
    return text
