"""Circular dependencies between a template's resources. CloudFormation refuses a template that has one ("Circular dependency between
resources"), and cfn-lint does not look for them among SAM's resources."""

import graphlib
import re

GLOBALS = {"AWS::Serverless::Function": "Function"}


def circles(template):
    """All circles, each as the ids of its resources. The template may be SAM's or already translated."""
    graph = {id: dependencies(template, id) for id in template["Resources"]}
    found = []
    while circle := first_circle(graph):
        found.append(circle)
        # Removing the circle's last step lets the others be found.
        graph[circle[-1]].discard(circle[-2])
    return found


def first_circle(graph):
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def dependencies(template, id):
    """Resources that must exist before this one: those that it refers to or names in `DependsOn`."""
    resource = template["Resources"][id]
    shared = template.get("Globals", {}).get(GLOBALS.get(resource["Type"]), {})
    depends_on = resource.get("DependsOn", [])
    named = set(depends_on if isinstance(depends_on, list) else [depends_on])
    named |= set(references([resource.get("Properties", {}), shared]))
    return named & set(template["Resources"])


def references(value):
    """Every name that a `Ref`, `Fn::GetAtt` or `Fn::Sub` mentions."""
    if isinstance(value, list):
        for one in value:
            yield from references(one)
    if not isinstance(value, dict):
        return
    for key, one in value.items():
        if key == "Ref":
            yield one
        elif key == "Fn::GetAtt":
            yield one[0] if isinstance(one, list) else one.split(".")[0]
        elif key == "Fn::Sub":
            text = one[0] if isinstance(one, list) else one
            yield from (name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text))
            yield from references(one[1:] if isinstance(one, list) else [])
        else:
            yield from references(one)
