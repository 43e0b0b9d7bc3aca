// Streams objects into a zip in S3 as a Node.js Lambda would: archiver and the AWS SDK v3.
// node archiver_s3.mjs STORES LIST KEY: STORES is JSON with S3's address, LIST a JSON file of [key, name in the zip].
import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import * as archiver from "archiver";

const [stores, listed, target] = [JSON.parse(process.argv[2]), JSON.parse(readFileSync(process.argv[3])), process.argv[4]];
const s3 = new S3Client({
  endpoint: stores.s3,
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: stores.key, secretAccessKey: stores.secret },
});

const archive = archiver.ZipArchive ? new archiver.ZipArchive({ zlib: { level: 6 } }) : archiver.default("zip", { zlib: { level: 6 } });
const through = new PassThrough();
archive.on("error", (error) => through.destroy(error));
archive.pipe(through);
const upload = new Upload({
  client: s3,
  partSize: 8 << 20,
  params: { Bucket: stores.bucket, Key: target, Body: through },
}).done();
for (const [key, name] of listed) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: stores.bucket, Key: key }));
  const taken = new Promise((resolve, reject) => {
    archive.once("entry", resolve);
    Body.once("error", reject);
  });
  archive.append(Body, { name });
  await taken;
}
await archive.finalize();
await upload;
