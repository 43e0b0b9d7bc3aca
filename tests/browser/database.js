// A PostgreSQL server of its own on a free loopback port, from Debian's packages; the caller stops it.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const INSTALLED = "/usr/lib/postgresql";
const newest = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a))[0];
const program = (name) => path.join(INSTALLED, newest, "bin", name);
/** PostgreSQL does not run as root; Debian's package makes a user for it. */
const asUser = process.getuid() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : [];

/** Starts a server with a database `crm` and the password `secret` for everybody, and runs SQL in it. */
export async function startDatabase(sql) {
  const folder = mkdtempSync(path.join(tmpdir(), "hozon-database-"));
  const data = path.join(folder, "data");
  writeFileSync(path.join(folder, "password"), "secret");
  if (asUser.length) execFileSync("chown", ["-R", "postgres:postgres", folder]);
  run("initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "-A", "scram-sha-256", `--pwfile=${folder}/password`, "--no-sync");
  const port = await freePort();
  const settings = { port, listen_addresses: "'127.0.0.1'", unix_socket_directories: "''", fsync: "off" };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  appendFileSync(path.join(data, "postgresql.conf"), `\n${lines.join("")}`);
  const [command, ...rest] = [...asUser, program("postgres"), "-D", data];
  const server = spawn(command, rest, { stdio: ["ignore", "ignore", "pipe"] });
  for await (const text of server.stderr) if (String(text).includes("ready to accept connections")) break;
  const psql = (database, text) =>
    execFileSync(program("psql"), ["-h", "127.0.0.1", "-p", port, "-U", "postgres", "-d", database, "-qc", text], {
      env: { ...process.env, PGPASSWORD: "secret" },
    });
  psql("postgres", "create database crm");
  psql("crm", sql);
  return {
    port,
    /** Runs SQL in the CRM. */
    sql: (text) => psql("crm", text),
    /** Holds an advisory lock until the returned function is called. */
    async lock(number) {
      const arguments_ = ["-h", "127.0.0.1", "-p", port, "-U", "postgres", "-d", "crm", "-qAt"];
      const session = spawn(program("psql"), arguments_, { env: { ...process.env, PGPASSWORD: "secret" } });
      session.stdin.write(`begin; select pg_advisory_xact_lock(${number}); select 'locked';\n`);
      for await (const text of session.stdout) if (String(text).includes("locked")) break;
      return async () => {
        session.stdin.end();
        await once(session, "exit");
      };
    },
    async stop() {
      server.kill("SIGQUIT");
      await once(server, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function run(name, ...rest) {
  const [command, ...before] = [...asUser, program(name)];
  execFileSync(command, [...before, ...rest], { stdio: "ignore" });
}

async function freePort() {
  const socket = createServer().listen(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}
