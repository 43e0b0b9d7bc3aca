"""The keys of links without a query, in CloudFront's key value store: name to secret. A key's name begins with the time at which it was
made. One is deleted once every link that it made has ended."""

import datetime
import os
import re
import secrets

import boto3

# A link ends seven days after it was made, at most; a function goes on using a key that it read for up to an hour.
LINKS_LIVE = datetime.timedelta(days=8)
TIME = "%Y%m%d%H%M%S"


def make(current, _previous):
    """Makes a key, tells the store, and deletes what is of no use any more."""
    store = Store(boto3.client("cloudfront-keyvaluestore"), os.environ["PLAIN_LINK_KEYS"])
    now = datetime.datetime.now(datetime.timezone.utc)
    key = {"id": now.strftime(TIME) + secrets.token_hex(4), "secret": secrets.token_hex(32)}
    store.put(key)
    for id in over(store.ids(), current, now):
        store.delete(id)
    return key


def over(ids, current, now):
    """Names of the keys whose links have all ended: those before the current one, once it has been that for long enough."""
    since = made_at(current)
    if since is None or now - since <= LINKS_LIVE:
        return []
    return [id for id in ids if (made := made_at(id)) and made < since]


def made_at(id):
    """When a key was made; nothing for what is no key."""
    if not re.fullmatch(r"\d{14}[0-9a-f]{8}", id or ""):
        return None
    return datetime.datetime.strptime(id[:14], TIME).replace(tzinfo=datetime.timezone.utc)


class Store:
    """CloudFront's key value store. Each change names the version that it changes."""

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
        """Takes a key away."""
        self.client.delete_key(KvsARN=self.arn, Key=id, IfMatch=self.version())

    def version(self):
        """The version that is there now."""
        return self.client.describe_key_value_store(KvsARN=self.arn)["ETag"]
