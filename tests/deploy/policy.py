"""Evaluates the template's policies: the part of IAM's evaluation that they use, and nothing else. An unknown construct ends the run, so that
a new kind of statement cannot pass unseen."""

import contextlib
import re

OPERATORS = {"StringEquals", "StringLike", "ForAllValues:StringLike", "ArnEquals"}


class Statement:
    """One statement of one principal."""

    def __init__(self, document):
        unknown = set(document) - {"Sid", "Effect", "Action", "Resource", "Condition"}
        if unknown or document["Effect"] not in ("Allow", "Deny") or not set(document.get("Condition", {})) <= OPERATORS:
            raise SystemExit(f"not understood: {document}")
        self.id, self.denies = document["Sid"], document["Effect"] == "Deny"
        self.actions, self.resources = many(document["Action"]), many(document["Resource"])
        self.condition = document.get("Condition", {})

    def applies(self, action, resource, context):
        return (
            any(matches(pattern.lower(), action.lower()) for pattern in self.actions)
            and any(matches(pattern, resource) for pattern in self.resources)
            and all(self.holds(operator, wanted, context) for operator, wanted in self.condition.items())
        )

    @staticmethod
    def holds(operator, wanted, context):
        for key, patterns in wanted.items():
            values = many(context.get(key, []))
            # Without a value only `ForAllValues` holds. The ARNs of `ArnEquals` have no wildcards here.
            if operator.startswith("ForAllValues:"):
                if not all(any(matches(pattern, value) for pattern in many(patterns)) for value in values):
                    return False
            elif not any(matches(pattern, value) if operator == "StringLike" else pattern == value
                         for pattern in many(patterns) for value in values):
                return False
        return True


class Principals:
    """All principals of a stack. Notes which actions of a statement were used."""

    def __init__(self, stack):
        self.statements = {}
        for kind in ("AWS::IAM::Role", "AWS::IAM::User"):
            for id, one in stack.of(kind).items():
                documents = [policy["PolicyDocument"] for policy in one.get("Policies", [])]
                self.statements[id] = [Statement(each) for document in documents for each in document["Statement"]]
        for id, one in stack.of("AWS::IAM::ManagedPolicy").items():
            self.statements[id] = [Statement(each) for each in one["PolicyDocument"]["Statement"]]
        self.used, self.used_in_story, self.refused, self.without = set(), set(), [], None

    def begin_story(self):
        """Forgets what the story before was refused and has used."""
        self.refused, self.used_in_story = [], set()

    def may(self, principal, action, resource, **context):
        """Whether a statement allows it and none denies it."""
        applying = [one for one in self.statements[principal] if self.without != (principal, one.id) and one.applies(action, resource, context)]
        deciding = next((one for one in applying if one.denies), next(iter(applying), None))
        if deciding is not None:
            self.used.add((principal, deciding.id, action.lower()))
            self.used_in_story.add((principal, deciding.id))
        is_allowed = deciding is not None and not deciding.denies
        if not is_allowed:
            self.refused.append((principal, action, resource))
        return is_allowed

    @contextlib.contextmanager
    def lacking(self, principal, statement):
        """Leaves that statement out."""
        self.without = (principal, statement)
        try:
            yield
        finally:
            self.without = None

    def unused(self):
        """Granted and denied actions that no story used."""
        given = {(principal, one.id, action.lower())
                 for principal, statements in self.statements.items() for one in statements for action in one.actions}
        return sorted(given - self.used)


def matches(pattern, text):
    """IAM's `*` and `?`."""
    pattern = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def many(value):
    return value if isinstance(value, list) else [value]
