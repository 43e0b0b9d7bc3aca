"""Rotates the keys of links. The signer of presigned links is an IAM user, which has at most two keys: the current one, and the previous one,
whose links may still be valid. The previous key is deleted at the next rotation, and only once all of its links have expired. The keys of
plain links are in CloudFront's key value store (plain_links.py)."""

import datetime
import json
import os

import boto3
import plain_links

# A link expires at most seven days after it was signed; a function signs with a key for up to an hour after reading it.
LINKS_LIVE = datetime.timedelta(days=8)
# A new stack's first key is made within moments.
FIRST_ROTATION = datetime.timedelta(hours=1)
# The age reported when there is no key.
NO_KEY_DAYS = 999


class TooSoon(Exception):
    """The previous key may still have valid links."""


def handle(event, _context):
    """One of Secrets Manager's four steps, each of which may be repeated; or a report of the key's age, `{"watch":{}}`."""
    secrets = boto3.client("secretsmanager")
    if "watch" in event:
        return watch(secrets, os.environ["SIGNER_KEY"])
    secret, token = event["SecretId"], event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        if not has_value(secrets, secret, token):
            make = plain_links.make if secret == os.environ["PLAIN_LINK_KEY"] else make_access_key
            keep(secrets, secret, token, make(key_of(secrets, secret, "AWSCURRENT"), key_of(secrets, secret, "AWSPREVIOUS")))
    elif event["Step"] == "finishSecret":
        finish(secrets, secret, token)
    # Nothing has to be set elsewhere. IAM takes some seconds to know a new key everywhere, so a test would fail by chance.
    return None


def make_access_key(current, previous):
    """Makes room for a new key of the signer, and makes it."""
    iam = boto3.client("iam")
    make_room(iam, current, previous)
    made = iam.create_access_key(UserName=os.environ["SIGNER"])["AccessKey"]
    return {"id": made["AccessKeyId"], "secret": made["SecretAccessKey"]}


def keep(secrets, secret, token, key):
    """Keeps the new key until it becomes the current one."""
    value = json.dumps(key)
    secrets.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"])


def has_value(secrets, secret, token):
    """Whether this step was done before: the version exists from the start, but without a value."""
    try:
        secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except secrets.exceptions.ResourceNotFoundException:
        return False
    return True


def key_of(secrets, secret, stage):
    """The id of the key at that stage; `None` if there is none."""
    try:
        return json.loads(secrets.get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"])["id"]
    except secrets.exceptions.ResourceNotFoundException:
        return None


def keys(iam):
    """Creation time of each of the signer's keys, by id."""
    return {key["AccessKeyId"]: key["CreateDate"] for key in iam.list_access_keys(UserName=os.environ["SIGNER"])["AccessKeyMetadata"]}


def make_room(iam, current, previous):
    """Deletes unused keys: those of interrupted rotations, and the previous key once its links have expired. If the current key is gone from
    IAM, because it leaked and was deleted, there is room already, and the previous key keeps its links."""
    found = keys(iam)
    current_since = found.get(current)
    for key, made in found.items():
        if key == current or (current_since is None and key == previous):
            continue
        is_older = current_since is not None and made <= current_since
        if is_older and now() - current_since < LINKS_LIVE:
            raise TooSoon(f"the key before may have live links; rotate again after {current_since + LINKS_LIVE:%Y-%m-%d %H:%M} UTC")
        iam.delete_access_key(UserName=os.environ["SIGNER"], AccessKeyId=key)


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


def watch(secrets, secret):
    """Logs the current key's age in days, in a line that a metric filter reads."""
    made = keys(boto3.client("iam")).get(key_of(secrets, secret, "AWSCURRENT"))
    is_new = now() - secrets.describe_secret(SecretId=secret)["CreatedDate"] < FIRST_ROTATION
    days = (now() - made).days if made else 0 if is_new else NO_KEY_DAYS
    print(json.dumps({"signer_key_age_days": days}))
    return {"signer_key_age_days": days}


def now():
    return datetime.datetime.now(datetime.timezone.utc)
