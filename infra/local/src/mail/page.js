// Shows the mails that the local program has kept. They are read with the console's token: from this tab's console or another tab's, or from
// the address (/mail#token=...), where it is taken out at once.

import { askTabs } from "/console/api.js";

const part = (id) => document.getElementById(id);
const NONE = "No mail yet. まだメールはありません。";
const REFUSED = "Enter an administrator's token. 管理者のトークンを入力してください。";
const FAILED = "Mail cannot be read. Reload the page to try again. メールを読み込めません。再読み込みしてください。";

/** Reads with the token of this tab; null when it is refused. */
async function read(path) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem("token") ?? ""}` };
  const answer = await fetch(`/mail/messages${path}`, { headers, cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) return null;
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** Shows one of the three things that the page can show. */
function only(shown, status = "") {
  for (const id of ["ask", "list", "mail"]) part(id).hidden = id !== shown;
  part("status").textContent = status;
}

async function list() {
  const answer = await read("");
  if (!answer) return only("ask", REFUSED);
  const lines = answer.messages.map(({ name, to, subject }) => {
    const link = document.createElement("a");
    link.href = `#/${encodeURIComponent(name)}`;
    link.textContent = subject;
    const line = document.createElement("li");
    line.append(link, ` → ${to}`);
    return line;
  });
  part("list").replaceChildren(...lines);
  part("heading").textContent = "Mail メール";
  only("list", lines.length ? "" : NONE);
}

async function show(name) {
  const answer = await read(`/${name}`);
  if (!answer) return only("ask", REFUSED);
  const { subject, to, text, html } = answer.message;
  part("heading").textContent = subject;
  part("to").textContent = `→ ${to}`;
  part("text").textContent = text;
  part("html").title = subject;
  part("html").srcdoc = html;
  only("mail");
}

async function route() {
  const handed = location.hash.match(/^#token=([^&]+)$/);
  if (handed) {
    sessionStorage.setItem("token", decodeURIComponent(handed[1]));
    history.replaceState(null, "", "/mail#/");
  }
  if (!sessionStorage.getItem("token")) sessionStorage.setItem("token", await askTabs());
  const name = location.hash.slice(2);
  try {
    await (name ? show(name) : list());
  } catch {
    only("none", FAILED);
  }
  part("heading").focus();
}

part("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", part("token").value.trim());
  void route();
});
addEventListener("hashchange", route);
void route();
