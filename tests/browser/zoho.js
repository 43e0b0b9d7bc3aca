// The test server of Zoho, in a process of its own; the caller stops it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(new URL("../../target/debug/hozon-emulator-zoho", import.meta.url));

/** Starts the server, with variables for a program whose operator has a client there. */
export async function startZoho() {
  const child = spawn(SERVER, ["small"], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => Promise.reject(new Error("the test server of Zoho did not start"))),
  ]);
  const url = line.trim();
  const { client_id: id, client_secret: secret } = await (await fetch(`${url}/_test/client`)).json();
  return {
    url,
    environment: { HOZON_ZOHO_URL: url, HOZON_ZOHO_CLIENT_ID: id, HOZON_ZOHO_CLIENT_SECRET: secret },
    /** Makes the next calls fail. */
    fail: (fault) =>
      fetch(`${url}/_test/faults`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(fault),
      }),
    async stop() {
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}
