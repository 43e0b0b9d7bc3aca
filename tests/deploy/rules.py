"""Rules from AWS's documents that the template must follow and no lint knows. Each names its document."""

import re

from circles import dependencies
from stack import ROOT, translated

# Kinds whose creation AWS can refuse for reasons outside the template: limits, names that are taken, keys and certificates that do not fit.
FALLIBLE = {
    "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::Stage", "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function", "AWS::CloudFront::KeyValueStore", "AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudTrail::Trail", "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table", "AWS::Events::Rule", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::IAM::User", "AWS::KMS::Key", "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::Scheduler::ScheduleGroup", "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
PASS_ON_AUTHORIZATION = {"216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac"}
# Resources that leave something behind which prevents the deletion of another resource.
LAST = ("Trail", "SignerRotation")


def check(stack):
    """Ends the run at the first broken rule."""
    for rule in (metrics, names, authorization, plain_links, trail_events, map_executions, kept, last, words, times, index_alarms, firewall,
                 locks, networks, connection_secrets):
        try:
            rule(stack)
        except AssertionError as error:
            raise SystemExit(f"{rule.__doc__}\nnot so: {error}") from None


def metrics(stack):
    """Detailed metrics of routes cost as custom metrics do (API Gateway developer guide: Work with metrics for HTTP APIs)."""
    for id, one in stack.of("AWS::ApiGatewayV2::Stage").items():
        assert not one["DefaultRouteSettings"]["DetailedMetricsEnabled"], id
        settings = one["DefaultRouteSettings"]
        assert int(settings["ThrottlingBurstLimit"]) > int(settings["ThrottlingRateLimit"]), settings


def names(stack):
    """Names that an account has once, for all regions, hold the region (CloudFront API reference; CloudWatch user guide: dashboards)."""
    region = stack.resolve({"Ref": "AWS::Region"})
    named = [one["ResponseHeadersPolicyConfig"]["Name"] for one in stack.of("AWS::CloudFront::ResponseHeadersPolicy").values()]
    named += [one["OriginAccessControlConfig"]["Name"] for one in stack.of("AWS::CloudFront::OriginAccessControl").values()]
    named += [one["Name"] for kind in ("Function", "KeyValueStore") for one in stack.of(f"AWS::CloudFront::{kind}").values()]
    named += [one["DashboardName"] for one in stack.of("AWS::CloudWatch::Dashboard").values()]
    assert named and all(region in name for name in named), named


def authorization(stack):
    """CloudFront passes `Authorization` on where caching is off and the origin request policy is its own AllViewer or
    AllViewerExceptHostHeader; it refuses a policy of one's own that names it (AWS Knowledge Center: Configure CloudFront to forward the
    Authorization header)."""
    config = stack.resources["Console"]["DistributionConfig"]
    to_api = [one for one in config["CacheBehaviors"] if one["TargetOriginId"] == "api"]
    assert {one["PathPattern"] for one in to_api} >= {"/crm/*", "/webhooks/*"}, to_api
    for one in to_api:
        assert one["CachePolicyId"] == CACHING_DISABLED, one
        assert one["OriginRequestPolicyId"] in PASS_ON_AUTHORIZATION, one
        assert "POST" in one["AllowedMethods"], one


def plain_links(stack):
    """Zips leave through CloudFront only where its function has checked the link, and nothing is cached. Origin access control signs `always`,
    because it would otherwise leave a client's `Authorization` in place (CloudFront API reference: OriginAccessControlConfig), and the bucket's
    policy names the distribution (CloudFront developer guide: Restrict access to an Amazon S3 origin)."""
    config = stack.resources["Console"]["DistributionConfig"]
    (origin,) = [one for one in config["Origins"] if one["DomainName"] == stack.attribute("Archives", "RegionalDomainName")]
    (behaviour,) = [one for one in config["CacheBehaviors"] if one["TargetOriginId"] == origin["Id"]]
    assert config["DefaultCacheBehavior"]["TargetOriginId"] != origin["Id"], "everything else would lead to zips"
    assert behaviour["CachePolicyId"] == CACHING_DISABLED and "OriginRequestPolicyId" not in behaviour, behaviour
    assert behaviour["AllowedMethods"] == ["GET", "HEAD"], behaviour
    checks = {one["EventType"]: one["FunctionARN"] for one in behaviour["FunctionAssociations"]}
    assert checks == dict.fromkeys(("viewer-request", "viewer-response"), stack.attribute("PlainLinkCheck", "FunctionARN")), checks
    assert behaviour["ResponseHeadersPolicyId"] == stack.reference("PlainLinkHeaders"), behaviour
    headers = stack.resources["PlainLinkHeaders"]["ResponseHeadersPolicyConfig"]
    assert headers["SecurityHeadersConfig"]["ReferrerPolicy"] == {"Override": True, "ReferrerPolicy": "no-referrer"}, headers
    assert {"Header": "Cache-Control", "Value": "private, no-store", "Override": True} in headers["CustomHeadersConfig"]["Items"], headers
    access = stack.resources["PlainLinkAccess"]["OriginAccessControlConfig"]
    assert origin["OriginAccessControlId"] == stack.reference("PlainLinkAccess") and access["SigningBehavior"] == "always", access
    statements = stack.resources["ArchivesPolicy"]["PolicyDocument"]["Statement"]
    (allowed,) = [one for one in statements if one["Effect"] == "Allow" and one["Principal"] == {"Service": "cloudfront.amazonaws.com"}]
    assert allowed["Condition"]["StringEquals"]["aws:SourceArn"].endswith(f":distribution/{stack.reference('Console')}"), allowed


def trail_events(stack):
    """Read-only events of CloudTrail reach a rule in this state only, by one reading (EventBridge user guide: Receiving read-only management
    events from AWS services)."""
    patterns = [(one, one.get("EventPattern", {})) for one in stack.of("AWS::Events::Rule").values()]
    rules = [one for one, pattern in patterns if "AWS API Call via CloudTrail" in pattern.get("detail-type", [])]
    assert rules, "no rule"
    for one in rules:
        assert one.get("State") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", one


def map_executions(stack):
    """Executions of a distributed map have ARNs of two forms in the documents (Step Functions developer guide: IAM policies for using
    Distributed Map states; Redriving Map Runs)."""
    (policy,) = stack.resources["MachineRole"]["Policies"]
    (follow,) = [one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "FollowPacking"]
    ends = {resource.split(":execution:")[1][-2:] for resource in follow["Resource"]}
    assert ends == {":*", "/*"}, follow


def kept(stack):
    """What must outlive the stack is kept, but not by a first deployment that fails (CloudFormation template reference: DeletionPolicy
    attribute); a protected table could not be rolled back."""
    policies = {id: one.get("DeletionPolicy") for id, one in stack.declared.items() if one.get("UpdateReplacePolicy") == "Retain"}
    assert set(policies) == {"Table", "Archives", "CrmStore", "TrailFiles", "StatementKey"}, policies
    assert set(policies.values()) == {"RetainExceptOnCreate"}, policies
    assert str(stack.resources["Table"]["DeletionProtectionEnabled"]) == "false", "a first deployment protects the table"


def last(stack):
    """A user with an access key cannot be deleted (IAM user guide: Remove an IAM user), and the first rotation makes one at once (Secrets
    Manager user guide: Rotate AWS Secrets Manager secrets); a bucket that CloudTrail has written into cannot be deleted either (S3 user
    guide: Deleting a general purpose bucket). So a rotation and a trail come after everything that can fail."""
    template = translated()
    fallible = {id for id, one in stack.declared.items() if one["Type"] in FALLIBLE}
    for id in LAST:
        missing = fallible - before(template, id) - set(LAST)
        assert not missing, (id, sorted(missing))


def before(template, id):
    """Everything created before a resource."""
    found, open_ends = set(), [id]
    while open_ends:
        more = dependencies(template, open_ends.pop()) - found
        found |= more
        open_ends += more
    return found


def words(stack):
    """A metric filter counts lines by words (CloudWatch Logs user guide: Filter pattern syntax), which are those of the code."""
    code = "".join(file.read_text() for folder in ("functions", "shared", "infra/rotate") for kind in ("*.rs", "*.py")
                   for file in (ROOT / folder).rglob(kind))
    filters = [one["FilterPattern"] for one in stack.of("AWS::Logs::MetricFilter").values()]
    assert filters, "no filter"
    for pattern in filters:
        (wanted,) = re.findall(r'^"(.+)"$', pattern) or re.findall(r"^\{ \$\.(\w+) = \* \}$", pattern)
        assert f'"{wanted}"' in code, wanted


def times(stack):
    """A time of day is one that clocks show; a parameter's pattern is for its whole value (CloudFormation template reference: Parameters)."""
    parameter = translated()["Parameters"]["TimeOfDay"]
    for time in ("00:00", "04:30", "09:05", "19:59", "23:59", parameter["Default"]):
        assert re.fullmatch(parameter["AllowedPattern"], time), f"{time} is refused"
    for time in ("24:00", "29:00", "23:60", "4:30", "04:3", "0430", "04:30:00", "-1:00", ""):
        assert not re.fullmatch(parameter["AllowedPattern"], time), f"{time} is taken"


def index_alarms(stack):
    """A table's throttle events do not count its indexes' (DynamoDB developer guide: DynamoDB metrics and dimensions)."""
    metrics = [one["MetricStat"]["Metric"] for one in stack.resources["TableThrottled"]["Metrics"] if "MetricStat" in one]
    of_index = {(one["MetricName"], dimension["Value"]) for one in metrics for dimension in one["Dimensions"]
                if dimension["Name"] == "GlobalSecondaryIndexName"}
    indexes = [one["IndexName"] for one in stack.resources["Table"]["GlobalSecondaryIndexes"]]
    assert of_index == {(f"{kind}ThrottleEvents", index) for kind in ("Read", "Write") for index in indexes}, of_index


def firewall(stack):
    """With a firewall every route asks the authorizer, which knows CloudFront by a secret that is not in the template (CloudFormation user
    guide: Get a secret or secret value from Secrets Manager)."""
    routes = stack.of("AWS::ApiGatewayV2::Route")
    assert {one["AuthorizationType"] for one in routes.values()} == {"CUSTOM"}, "some route can be reached around CloudFront"
    (api,) = [one for one in stack.resources["Console"]["DistributionConfig"]["Origins"] if one["Id"] == "api"]
    (header,) = api["OriginCustomHeaders"]
    assert header["HeaderValue"].startswith("{{resolve:secretsmanager:"), header
    without = type(stack)(stack.parameters | {"WebAclArn": ""})
    open_routes = {one["RouteKey"] for one in without.of("AWS::ApiGatewayV2::Route").values() if one["AuthorizationType"] == "NONE"}
    assert open_routes == {"GET /crm/bulk/{v}/backup/calendar.ics", "POST /webhooks/payments"}, open_routes
    assert "OriginSecret" not in without.resources and "HOZON_ORIGIN_SECRET" not in str(without.resources["Authorize"]), "a secret for nothing"


def locks(stack):
    """A bucket's default retention holds for every object in it (S3 user guide: Locking objects with Object Lock); only zips are to be kept."""
    assert "Rule" not in stack.resources["Archives"]["ObjectLockConfiguration"], "work objects would be locked too"
    assert stack.resources["Archive"]["Environment"]["Variables"]["HOZON_OBJECT_LOCK"] == "GOVERNANCE"


def networks(stack):
    """Lambda makes the network interfaces of a function in a VPC under the function's role, and the function's own code has that role too
    (Lambda developer guide: Giving Lambda functions access to resources in an Amazon VPC; Working with Lambda execution environment credentials).
    So the functions that reach databases may make them where they are in a VPC, their code may not, and without subnets nobody may."""
    attached = {id for id, one in stack.of("AWS::Lambda::Function").items() if "VpcConfig" in one}
    assert attached == {"Connection", "CaptureDatabase", "WriteBack"}, attached
    for id, one in stack.of("AWS::IAM::Role").items():
        (policy,) = one["Policies"]
        found = {each["Effect"]: each for each in policy["PolicyDocument"]["Statement"] if any("ec2:" in action for action in each["Action"])}
        assert set(found) == ({"Allow", "Deny"} if id.removesuffix("Role") in attached else set()), (id, found)
        if found:
            assert found["Allow"]["Action"] == found["Deny"]["Action"], id
            code = found["Deny"]["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
            assert code == stack.attribute(id.removesuffix("Role"), "Arn"), code
    without = type(stack)(stack.parameters | {"SourceSubnets": [""], "SourceSecurityGroups": [""]})
    assert not any("VpcConfig" in one for one in without.of("AWS::Lambda::Function").values()), "a VPC without subnets"
    assert "ec2:" not in str(without.of("AWS::IAM::Role")), "interfaces without a VPC"


def connection_secrets(stack):
    """A role's resource is a prefix of names (Secrets Manager user guide: Permissions policy examples for AWS Secrets Manager), which is that of the
    functions' setting and of this stack alone."""
    prefixes = {id: one["Environment"]["Variables"].get("HOZON_CONNECTION_SECRETS") for id, one in stack.of("AWS::Lambda::Function").items()}
    prefixes = {id: prefix for id, prefix in prefixes.items() if prefix}
    name = stack.resolve({"Ref": "AWS::StackName"})
    assert prefixes == dict.fromkeys(("Connection", "CaptureDatabase", "CaptureWeb", "WriteBack"), f"{name}/connection/"), prefixes
    for id, prefix in prefixes.items():
        (policy,) = stack.resources[f"{id}Role"]["Policies"]
        named = [one["Resource"] for one in policy["PolicyDocument"]["Statement"] if "secretsmanager:GetSecretValue" in one["Action"]]
        # The operator's client for Zoho CRM is a secret of its own, and so are the keys of erasures.
        named = [one for one in named if one != stack.parameters["ZohoClientSecretArn"] and not one.endswith(f":secret:{name}/erasure/*")]
        assert len(named) == 1 and named[0].endswith(f":secret:{prefix}*"), named
    for id in ("Erase", "Restore", "WriteBack"):
        assert stack.resources[id]["Environment"]["Variables"]["HOZON_ERASURE_SECRETS"] == f"{name}/erasure/"
        (policy,) = stack.resources[f"{id}Role"]["Policies"]
        named = [one["Resource"] for one in policy["PolicyDocument"]["Statement"] if "secretsmanager:GetSecretValue" in one["Action"]]
        of_sources = tuple(filter(None, (f":secret:{name}/connection/*", stack.parameters["ZohoClientSecretArn"])))
        named = [one for one in named if not (id == "WriteBack" and one.endswith(of_sources))]
        assert len(named) == 1 and named[0].endswith(f":secret:{name}/erasure/*"), "the keys of erasures, and no other secret"
