/* The panel: one conversation with the app, drawn as a chat. Runs in an iframe of the widget, or alone.
 *
 * What is on the page comes from one place, the thread (`pull`): a message is drawn at once when sent, and the
 * thread's row for it only confirms it; answers are drawn from the thread whether they came at once, late, or
 * from a person. So a reload, a retry and a second tab show the same conversation, each message once.
 */
import * as api from "./api.js";
import { createComposer } from "./composer.js";
import { createShell } from "./shell.js";
import * as store from "./store.js";
import { STRINGS } from "./strings.js";
import { noteNode, replyNode, residentNode, setState, spendChoices, staffNode } from "./view.js";

const ANSWER_POLL_MS = 1500;
const STAFF_POLL_MS = 4000;
const SLOW_MS = 12_000;
const GIVE_UP_MS = 600_000; // a turn may stay without replies (a person has the conversation): stop asking

const $ = (id) => document.getElementById(id);
const log = $("log");
const shell = createShell({ onLocale: switchLocale, onReset: reset, onStarter: (text) => send(text), onSeen: refresh });
const composer = createComposer({ onSend: send, onInput: (text) => { if (!form) store.saveDraft(text); } });

let locale = shell.locale;
let t = STRINGS[locale];
let conversation = null; // {id, token, locale, staff} once the first message is sent
let cursor = null;
let form = null; // the form_prompt being answered
let own = []; // messages of this page: {id, text, node, created, turnId, state, confirmed}
let waiting = new Map(); // id → {since, pending}: turns whose answer is not on the page yet
let answered = new Set(); // turn ids that have rows on the page
let seen = new Set();
let timer = 0;
let sending = Promise.resolve(); // messages go out one after another, in order
let pulling = Promise.resolve();

// ---- sending ----

function send(text, chosen = null) {
  const item = { id: crypto.randomUUID(), text, created: new Date().toISOString(), turnId: null, state: "sending", confirmed: false };
  item.node = residentNode(text, item.created, context());
  spendChoices(log, chosen, t);
  log.append(item.node);
  own.push(item);
  shell.clearProblem();
  submit(item);
}

function submit(item) {
  mark(item, "sending");
  shell.typing(!conversation?.staff);
  shell.scrollTo(item.node);
  sending = sending.then(() => deliver(item));
}

function mark(item, state) {
  item.state = typeof state === "object" ? "failed" : state;
  setState(item.node, state, item.created, t);
}

async function deliver(item) {
  try {
    const answer = await post(item);
    item.turnId = answer.turn_id;
    mark(item, "sent");
    const pending = answer.status === "pending";
    if (pending || answer.replies?.length) waiting.set(answer.turn_id, { since: Date.now(), pending });
    if (answer.outcome) setStaff(answer.outcome === "staff" || answer.outcome === "handed_off");
    await pull().catch(() => {}); // a failed pull is made good by the poll: the turn is still waited for
  } catch (error) {
    fail(item, error);
  } finally {
    schedule();
  }
}

/** One message to the server; a conversation the server has forgotten is replaced by a new one, once. */
async function post(item) {
  const target = conversation;
  try {
    if (!conversation) remember(await api.open(locale));
    return await api.send(conversation, item.id, item.text);
  } catch (error) {
    if (error.kind !== "gone" || !target) throw error;
    cursor = null;
    remember(await api.open(locale));
    log.insertBefore(noteNode(t.renewed), item.node);
    return api.send(conversation, item.id, item.text);
  }
}

function fail(item, error) {
  const known = error instanceof api.ApiError ? error : new api.ApiError("server");
  const refused = known.kind === "rejected";
  const words = t.errors[known.kind];
  const sentence = refused && known.sentence ? known.sentence : typeof words === "function" ? words(known.retryAfter) : words;
  const onAction = () => {
    if (item.state !== "failed") return;
    composer.focus(); // the button pressed is about to disappear
    if (!refused) return submit(item);
    own = own.filter((other) => other !== item);
    item.node.remove();
    composer.setText(item.text);
  };
  mark(item, { sentence, action: refused ? t.rewrite : t.resend, onAction });
  shell.scrollTo(item.node);
  if (!(error instanceof api.ApiError)) console.error(error);
}

// ---- the thread ----

function pull() {
  pulling = pulling.then(readThread, readThread);
  return pulling;
}

async function readThread() {
  const reading = conversation;
  if (!reading) return;
  const data = await api.thread(reading, cursor);
  if (reading !== conversation) return; // forgotten or replaced meanwhile
  const rows = data.messages.filter((row) => !seen.has(row.id));
  for (const row of rows) seen.add(row.id);
  cursor = data.cursor ?? cursor;
  const follow = shell.nearEnd();
  const nodes = rows.map(draw).filter(Boolean);
  settleWaiting(rows);
  const last = rows.at(-1);
  if (last && last.author !== "resident" && !waiting.size) composer.setForm(form, t);
  if (nodes.length && follow) shell.scrollTo(nodes[0]);
  if (data.messages.length && nodes.length) shell.arrived(nodes.length, last.author);
}

/** Draws a row; returns its node, or null for a message of our own that is already on the page. */
function draw(row) {
  if (row.author === "resident") return drawResident(row);
  let node;
  if (row.author === "staff") {
    setStaff(true);
    node = staffNode(row.text ?? "", row.created_at, context());
  } else {
    const reply = row.reply ?? { type: "text", text: row.text ?? "" };
    const drawn = replyNode(reply, row.created_at, context());
    node = drawn.node;
    form = reply.type === "form_prompt" ? { ...reply, ids: drawn.ids } : null;
  }
  log.append(node);
  return node;
}

function drawResident(row) {
  const open = own.filter((item) => !item.confirmed);
  const match = open.find((item) => item.id === row.id || (item.turnId && [row.id, row.turn_id].includes(item.turnId))) ?? open.find((item) => item.text === row.text);
  if (match) {
    match.confirmed = true;
    if (match.state === "failed") mark(match, "sent"); // it had arrived: only its answer was lost
    return null;
  }
  spendChoices(log, null, t);
  const node = residentNode(row.text ?? "", row.created_at, context());
  log.append(node);
  return node;
}

function settleWaiting(rows) {
  for (const row of rows) {
    if (row.author === "resident" || answered.has(row.turn_id)) continue;
    answered.add(row.turn_id);
    // A pending turn may get another id once it is made: a new turn's rows then answer the oldest one waited for.
    if (!waiting.delete(row.turn_id)) waiting.delete([...waiting].find(([, wait]) => wait.pending)?.[0]);
  }
  for (const [id, wait] of waiting) if (Date.now() - wait.since > GIVE_UP_MS) waiting.delete(id);
  const since = Math.min(...[...waiting.values()].map((wait) => wait.since));
  shell.typing(waiting.size > 0 && !conversation?.staff);
  shell.slow(waiting.size > 0 && Date.now() - since > SLOW_MS);
}

function schedule() {
  clearTimeout(timer);
  const unsent = own.some((item) => item.state === "sending");
  if (!waiting.size && !unsent) shell.typing(false);
  const delay = waiting.size ? ANSWER_POLL_MS : conversation?.staff && !document.hidden ? STAFF_POLL_MS : 0;
  if (delay) timer = setTimeout(refresh, delay);
}

function refresh() {
  if (!conversation) return;
  pull().catch(() => {}).then(() => { settleWaiting([]); schedule(); });
}

// ---- the conversation ----

function remember(value) {
  conversation = value;
  store.saveConversation(value);
}

function setStaff(staff) {
  if (!conversation) return;
  if (staff !== conversation.staff) {
    conversation.staff = staff; // in place: `readThread` tells conversations apart by identity
    store.saveConversation(conversation);
  }
  composer.setNote(staff ? t.staffNote : t.note);
}

function context() {
  return { t, locale, onChoice: (choice, button) => send(choice.text, button) };
}

function forget() {
  remember(null);
  clearTimeout(timer);
  [cursor, form, own, waiting, answered, seen] = [null, null, [], new Map(), new Set(), new Set()];
  log.replaceChildren();
  shell.typing(false);
  shell.slow(false);
  shell.clearProblem();
  composer.setText("");
  store.saveDraft("");
  shell.show(locale);
  composer.show(t);
}

async function reset() {
  if (log.childElementCount && !(await shell.confirm(t.resetAsk, t.resetYes))) return;
  forget();
  shell.toTop();
  composer.focus();
}

async function switchLocale(wanted) {
  if (wanted === locale) return;
  if (log.childElementCount && !(await shell.confirm(t.switchAsk, t.switchYes))) return;
  locale = wanted;
  t = STRINGS[locale];
  store.saveLocale(locale);
  forget();
}

/** The conversation of an earlier visit, drawn without being read out. */
async function resume() {
  conversation = store.loadConversation();
  if (conversation) {
    locale = conversation.locale in STRINGS ? conversation.locale : locale;
    t = STRINGS[locale];
  }
  shell.show(locale);
  composer.show(t);
  composer.setText(store.loadDraft());
  if (conversation) await loadHistory();
  log.setAttribute("aria-live", "polite");
}

async function loadHistory() {
  try {
    for (let before; before !== cursor || before === undefined;) { // page by page, until nothing is added
      before = cursor;
      await pull();
      if (!cursor) break;
    }
    setStaff(conversation.staff);
    shell.toEnd();
    schedule();
  } catch (error) {
    if (error.kind === "gone") forget();
    else shell.problem(t.errors.load, t.retryLoad, () => { shell.clearProblem(); loadHistory(); });
  }
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
window.addEventListener("online", refresh);
resume();
