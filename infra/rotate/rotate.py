"""Rotates the key that links are signed with. An IAM user has two keys at most: the one that signs now, and the one before, whose links
are still about. That one is deleted at the next rotation, and only once every link that it signed has ended."""

import datetime
import json
import os

import boto3

# A link ends seven days after it was signed, at most; a function goes on signing with a key that it read for up to an hour.
LINKS_LIVE = datetime.timedelta(days=8)


class TooSoon(Exception):
    """The key before may have live links."""


def handle(event, _context):
    """One of Secrets Manager's four steps. Each may be repeated."""
    secrets = boto3.client("secretsmanager")
    secret, token = event["SecretId"], event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        create(secrets, secret, token)
    elif event["Step"] == "finishSecret":
        finish(secrets, secret, token)
    # There is nothing to set elsewhere, and a new key is unknown to parts of IAM for some seconds, so a test would only fail by chance.


def create(secrets, secret, token):
    """Makes the new key, having made room for it."""
    if has_value(secrets, secret, token):
        return
    iam = boto3.client("iam")
    current = json.loads(secrets.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"])["id"]
    make_room(iam, current)
    made = iam.create_access_key(UserName=os.environ["SIGNER"])["AccessKey"]
    value = json.dumps({"id": made["AccessKeyId"], "secret": made["SecretAccessKey"]})
    secrets.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"])


def has_value(secrets, secret, token):
    """Whether this step has been done before: the version is there from the start, but without a value."""
    try:
        secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except secrets.exceptions.ResourceNotFoundException:
        return False
    return True


def make_room(iam, current):
    """Deletes keys that sign nothing any more: those of rotations that broke off, and the one before the current one."""
    user = os.environ["SIGNER"]
    keys = {key["AccessKeyId"]: key["CreateDate"] for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}
    current_since = keys.get(current)
    now = datetime.datetime.now(datetime.timezone.utc)
    for key, made in keys.items():
        if key == current:
            continue
        is_older = current_since is not None and made <= current_since
        if is_older and now - current_since < LINKS_LIVE:
            raise TooSoon(f"the key before may have live links; rotate again after {current_since + LINKS_LIVE:%Y-%m-%d %H:%M} UTC")
        iam.delete_access_key(UserName=user, AccessKeyId=key)


def finish(secrets, secret, token):
    """Makes the new key the current one."""
    staged = versions(secrets, secret)
    current = next(version for version, stages in staged.items() if "AWSCURRENT" in stages)
    if current != token:
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )


def versions(secrets, secret):
    """The stages of each version."""
    return secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
