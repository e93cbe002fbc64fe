// Four clients of one room, side by side. Each is what one usually writes first; none of them recovers from
// everything. Stop the server for a few seconds and watch which lanes come back.

const lanes = [
  { title: "Polling", hint: "asks every 2 seconds", run: polling },
  { title: "Long polling", hint: "asks, and waits for the next message", run: longPolling },
  { title: "Server-Sent Events", hint: "one answer that never ends", run: serverSentEvents },
  { title: "WebSocket", hint: "one connection, both directions", run: webSocket },
];

async function polling(show) {
  let last = 0;
  for (;;) {
    last = await ask("polling", show, last);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

async function longPolling(show) {
  let last = 0;
  for (;;) last = await ask("long-polling", show, last);
}

/** Asks for what came after `last`, shows it, and returns the newest id. */
async function ask(path, show, last) {
  // Without no-store a browser delays a GET while an equal one is open: one tab's long poll would hold up another's.
  const answer = await fetch(`${path}?after=${last}`, { cache: "no-store" });
  const messages = await answer.json();
  for (const message of messages) show(message);
  return messages.at(-1)?.id ?? last;
}

function serverSentEvents(show, status) {
  const source = new EventSource("sse");
  source.onmessage = ({ data }) => show(JSON.parse(data));
  source.onopen = () => status("live");
  // EventSource reconnects by itself, and sends the last id it saw.
  source.onerror = () => status(source.readyState === EventSource.CLOSED ? "ended" : "reconnecting");
}

let socket;
function webSocket(show, status) {
  socket = new WebSocket(new URL("websocket", location.href.replace(/^http/, "ws")));
  socket.onmessage = ({ data }) => show(JSON.parse(data));
  socket.onopen = () => status("live");
  // Nothing reconnects it: a WebSocket has neither retry nor cursor of its own.
  socket.onclose = ({ code }) => status(`ended with close code ${code}`);
}

/** When the first lane got each message, by id. The other lanes show how much later they got it. */
const firstSeen = new Map();

for (const { title, hint, run } of lanes) {
  const lane = document.createElement("section");
  lane.innerHTML = `<h2>${title}</h2><p>${hint}</p><p role="status">connecting</p><ol></ol>`;
  document.querySelector("main").append(lane);
  const status = (text) => {
    lane.querySelector("[role=status]").textContent = text;
  };
  const show = ({ id, name, text }) => {
    const now = performance.now();
    if (!firstSeen.has(id)) firstSeen.set(id, now);
    const item = document.createElement("li");
    const delay = document.createElement("small");
    delay.textContent = ` +${Math.round(now - firstSeen.get(id))} ms`;
    item.append(`${name}: ${text}`, delay);
    lane.querySelector("ol").append(item);
    status("live");
  };
  Promise.resolve(run(show, status)).catch((error) => status(`ended: ${error.message}`));
}

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [name, text, by] = ["name", "text", "by"].map((id) => document.getElementById(id).value);
  const body = JSON.stringify({ name, text });
  document.getElementById("text").value = "";
  if (by === "websocket") socket.send(body);
  else await fetch("say", { method: "POST", headers: { "content-type": "application/json" }, body });
});
