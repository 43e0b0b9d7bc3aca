"""Checks that the template, the functions' routes, the documented API, the console's policy and the local program agree."""

import copy
import json
import re

import rules
from circles import circles
from stack import ROOT, Stack, machine, translated, written

METHODS = ("get", "put", "post", "delete")
HTTP_FUNCTIONS = ("schedule", "download", "activity", "explore", "restore", "purchase", "connection")


def main():
    no_circles()
    stack = Stack()
    rules.check(stack)
    routed = routes_of_template(stack)
    expect("routes of the template and of the functions", routed, routes_of_code())
    expect("routes of the template and of docs/openapi.json", set(routed), routes_of_document())
    expect("the console's content policy", policy_of_template(stack), policy_of_local_program())
    expect("settings that the template gives and that the code reads", sorted(given(stack) - read_by_code()), [])
    plain = Stack({name: value for name, value in stack.parameters.items() if name not in ("PaymentSecretArn", "ArchivesKeyArn", "ZohoClientSecretArn")}
                  | {"PaymentSecretArn": "", "ArchivesKeyArn": "", "ZohoClientSecretArn": ""})
    nothing_is_sold(plain)
    code_of_edge(stack)
    expect("codes of sources in the code and in docs/operations", codes_of_sources(), documented_codes())
    machine(stack)
    print(f"{len(routed)} routes, {len(stack.resources)} resources ({len(plain.resources)} without purchases and without an own key)")


def nothing_is_sold(plain):
    """Where nothing is sold, the function of purchases answers for the allowance alone, and has nothing of the payment provider."""
    left = {route for route, function in routes_of_template(plain).items() if function == "purchase"}
    expect("routes of purchases where nothing is sold", left, {f"GET /crm/bulk/{{v}}/backup/{name}" for name in ("allowance", "ledger")})
    variables = plain.resources["Purchase"]["Environment"]["Variables"]
    expect("settings of purchases where nothing is sold", variables.keys() & {"HOZON_PAYMENT_SECRET", "HOZON_PRICES_FILE"}, set())
    (policy,) = plain.resources["PurchaseRole"]["Policies"]
    statements = {one["Sid"] for one in policy["PolicyDocument"]["Statement"]}
    expect("statements of purchases where nothing is sold", statements & {"PaymentKeys"}, set())


def no_circles():
    """Neither the written nor the translated template has a circular dependency. One that is put in is found, so that the check cannot pass in vain."""
    expect("circles of the template", circles(written()), [])
    expect("circles of the translated template", circles(translated()), [])
    for template in (written(), translated()):
        broken = copy.deepcopy(template)
        broken["Resources"]["Trigger"]["DependsOn"] = "Sweep"
        if not circles(broken):
            raise SystemExit("a circle between Trigger and Sweep is not found")


def code_of_edge(stack):
    """CloudFormation takes a CloudFront Function's code from the template, so the template repeats the file. It has at most 10 KB."""
    code = (ROOT / "infra/edge/downloads.js").read_text()
    expect("the CloudFront Function's code in the template and in infra/edge", stack.resources["PlainLinkCheck"]["FunctionCode"], code)
    if len(code.encode()) > 10_000:
        raise SystemExit("infra/edge/downloads.js is longer than CloudFront takes")


def codes_of_sources():
    """Codes of failed captures, other than those that say that the state machine itself is wrong."""
    files = ("shared/src/domain/source.rs", "shared/src/domain/backup_fault.rs", "functions/capture-database/src/error.rs")
    return {code for file in files for code in re.findall(r'=> "([A-Z_]+)"', (ROOT / file).read_text())} - {"BAD_TASK"}


def documented_codes():
    """Those of Zoho CRM have a page of their own."""
    pages = ((ROOT / "docs/operations" / page).read_text() for page in ("sources.md", "zoho.md"))
    return {code for page in pages for code in re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE)}


def expect(what, one, other):
    if one != other:
        raise SystemExit(f"{what} do not agree:\n{one}\n{other}")


def routes_of_template(stack):
    """The function of each route except the catch-all route."""
    integrations = {stack.reference(id): id.removeprefix("To").lower() for id in stack.of("AWS::ApiGatewayV2::Integration")}
    routes = stack.of("AWS::ApiGatewayV2::Route").values()
    return {one["RouteKey"]: integrations[one["Target"].split("/")[1]] for one in routes if one["RouteKey"] != "$default"}


def routes_of_code():
    found = {}
    for function in HTTP_FUNCTIONS:
        for file in (ROOT / "functions" / function / "src").rglob("*.rs"):
            for method, path in re.findall(r'#\[utoipa::path\(\s*(\w+),\s*path = "([^"]+)"', file.read_text()):
                found[f"{method.upper()} {path}"] = function
    return found


def routes_of_document():
    paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    return {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations if method in METHODS}


def policy_of_template(stack):
    config = stack.resources["ConsoleHeaders"]["ResponseHeadersPolicyConfig"]
    return config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]


def policy_of_local_program():
    text = (ROOT / "infra/local/src/console.rs").read_text()
    return re.sub(r"\\\s+", "", re.search(r'CONTENT_POLICY: &str = "([^"]+)"', text)[1])


def given(stack):
    names = (one["Environment"]["Variables"] for one in stack.of("AWS::Lambda::Function").values())
    return {name for variables in names for name in variables if name.startswith("HOZON_")}


def read_by_code():
    files = [*(ROOT / "shared/src").rglob("*.rs"), *(ROOT / "functions").rglob("*.rs")]
    return {name for file in files for name in re.findall(r'"(HOZON_\w+)"', file.read_text())}


if __name__ == "__main__":
    main()
