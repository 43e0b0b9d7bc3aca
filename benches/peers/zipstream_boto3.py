"""Streams objects into a zip in S3 as a Python Lambda would: zipstream-ng and a boto3 multipart upload.

zipstream_boto3.py STORES LIST KEY: STORES is JSON with S3's address, LIST a JSON file of [key, name in the zip]."""

import json
import sys
import zipfile

import boto3
from zipstream import ZipStream

PART = 8 << 20
stores, listed, target = json.loads(sys.argv[1]), json.load(open(sys.argv[2])), sys.argv[3]
s3 = boto3.client(
    "s3",
    endpoint_url=stores["s3"],
    region_name="us-east-1",
    aws_access_key_id=stores["key"],
    aws_secret_access_key=stores["secret"],
    config=boto3.session.Config(s3={"addressing_style": "path"}),
)


def body(key):
    yield from s3.get_object(Bucket=stores["bucket"], Key=key)["Body"].iter_chunks(1 << 20)


archive = ZipStream(compress_type=zipfile.ZIP_DEFLATED, compress_level=6)
for key, name in listed:
    archive.add(body(key), name)

upload = s3.create_multipart_upload(Bucket=stores["bucket"], Key=target)["UploadId"]
parts, part = [], bytearray()


def send():
    number = len(parts) + 1
    sent = s3.upload_part(Bucket=stores["bucket"], Key=target, UploadId=upload, PartNumber=number, Body=bytes(part))
    parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    part.clear()


for chunk in archive:
    part += chunk
    if len(part) >= PART:
        send()
if part:
    send()
s3.complete_multipart_upload(Bucket=stores["bucket"], Key=target, UploadId=upload, MultipartUpload={"Parts": parts})
