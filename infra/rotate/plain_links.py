"""Keys of plain links in CloudFront's key value store: name to secret. A key's name begins with its creation time. A key is deleted once
all of its links have expired."""

import datetime
import os
import re
import secrets

import boto3

# A link expires at most seven days after it was made; a function uses a key for up to an hour after reading it.
LINKS_LIVE = datetime.timedelta(days=8)
TIME = "%Y%m%d%H%M%S"


def make(current, _previous):
    """Makes a key, adds it to the store, and deletes expired keys."""
    store = Store(boto3.client("cloudfront-keyvaluestore"), os.environ["PLAIN_LINK_KEYS"])
    now = datetime.datetime.now(datetime.timezone.utc)
    key = {"id": now.strftime(TIME) + secrets.token_hex(4), "secret": secrets.token_hex(32)}
    store.put(key)
    for id in over(store.ids(), current, now):
        store.delete(id)
    return key


def over(ids, current, now):
    """Names of the keys whose links have all expired: those before the current key, once that has been current for long enough."""
    since = made_at(current)
    if since is None or now - since <= LINKS_LIVE:
        return []
    return [id for id in ids if (made := made_at(id)) and made < since]


def made_at(id):
    """When a key was made; `None` if it is not a key's name."""
    if not re.fullmatch(r"\d{14}[0-9a-f]{8}", id or ""):
        return None
    return datetime.datetime.strptime(id[:14], TIME).replace(tzinfo=datetime.timezone.utc)


class Store:
    """CloudFront's key value store. Each change is conditional on the store's version."""

    def __init__(self, client, arn):
        self.client, self.arn = client, arn

    def ids(self):
        """Names of all keys."""
        pages = self.client.get_paginator("list_keys").paginate(KvsARN=self.arn)
        return [item["Key"] for page in pages for item in page.get("Items", [])]

    def put(self, key):
        """Adds a key."""
        self.client.put_key(KvsARN=self.arn, Key=key["id"], Value=key["secret"], IfMatch=self.version())

    def delete(self, id):
        """Deletes a key."""
        self.client.delete_key(KvsARN=self.arn, Key=id, IfMatch=self.version())

    def version(self):
        """The store's current version."""
        return self.client.describe_key_value_store(KvsARN=self.arn)["ETag"]
