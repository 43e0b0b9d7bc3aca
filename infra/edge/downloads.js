// The CloudFront Function (runtime cloudfront-js-2.0) in front of zips: /d/<token>/Data_001.zip. It checks tokens made by
// shared/src/domain/plain_link.rs, rewrites the request to the zip's key in S3, and logs a note of each served download. The note, which
// notes.py fetches, has the zip's key, the time and the address; a token is never logged.
import cf from "cloudfront";
import crypto from "crypto";

const PATH = /^\/d\/([A-Za-z0-9]+)\.([0-9]{1,12})\.([0-9]{1,20})\.([0-9]{1,20})\.([A-Za-z0-9_-]{43})\/([A-Za-z0-9][A-Za-z0-9_.-]*)$/;

async function handler(event) {
  return event.context.eventType === "viewer-response" ? served(event) : asked(event);
}

async function asked(event) {
  const request = event.request;
  const found = PATH.exec(request.uri);
  if (!found) return refusal("LINK_INVALID", "The link is not valid. Ask for the links again.");
  const key = keyOf(found);
  const expected = await mac(found[1], found[2], key);
  if (expected === null || !same(expected, found[5])) return refusal("LINK_INVALID", "The link is not valid. Ask for the links again.");
  if (Date.now() >= Number(found[2]) * 1000) return refusal("LINK_EXPIRED", "The link has expired.");
  request.uri = "/" + key;
  request.querystring = {};
  // Origin access control signs for S3 and would replace this header anyway.
  delete request.headers.authorization;
  return request;
}

function keyOf(found) {
  return "archives/" + found[3] + "/" + found[4] + "/" + found[6];
}

// Secrets by name: the current one, and earlier ones while their links are valid.
async function mac(id, until, key) {
  let secret;
  try {
    secret = await cf.kvs().get(id);
  } catch (_) {
    return null;
  }
  return crypto.createHmac("sha256", secret).update("hozon-download-1\n" + id + "\n" + until + "\n" + key).digest("base64url");
}

// Compares in constant time.
function same(one, other) {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

// CloudFront calls this only for answers below 400. The note has the key, whether the path is the client's or the one to S3.
function served(event) {
  const request = event.request;
  const response = event.response;
  const found = PATH.exec(request.uri);
  const key = found ? keyOf(found) : request.uri.slice(1);
  const name = key.split("/").pop();
  response.headers["content-disposition"] = { value: 'attachment; filename="' + name + '"' };
  if (request.method === "GET") {
    const note = { key: key, at: new Date().toISOString(), address: event.viewer.ip };
    console.log("served " + JSON.stringify(note));
  }
  return response;
}

function refusal(code, message) {
  return {
    statusCode: 403,
    statusDescription: "Forbidden",
    headers: {
      "content-type": { value: "application/json" },
      "cache-control": { value: "private, no-store" },
      "referrer-policy": { value: "no-referrer" },
    },
    body: JSON.stringify({ code: code, details: {}, message: message, status: "error" }),
  };
}
