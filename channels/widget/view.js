/* Messages as DOM nodes. Text only: nothing the server or a person wrote is ever parsed as HTML. */
import { htmlLang, readableDay } from "./strings.js";

const SCHEMES = new Set(["https:", "http:", "tel:", "mailto:"]);
const JAPANESE = /[\u3040-\u30ff\u3400-\u9fff]/;
const URL_IN_TEXT = /(https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+)/;
const READING = /([\u3400-\u9fff々]+)（([\u3041-\u309fー]+)）/;
let serial = 0;

/** el("p", {class: "x", text: "…"}, child, …): attributes, with `text` as text content. */
export function el(tag, { text, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  node.append(...children.filter(Boolean));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** `ja` for Japanese text on an English page (WCAG 3.1.2), else nothing. */
const langOf = (text, locale) => (locale === "en" && JAPANESE.test(text) ? "ja" : null);

/** A link to an address of an allowed scheme, or plain text: a bad address must not cost the words. */
export function link(label, address, t) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return el("span", { text: label });
  }
  if (!SCHEMES.has(url.protocol)) return el("span", { text: label });
  const web = url.protocol.startsWith("http");
  const anchor = el("a", { href: url.href, text: label, ...(web ? { target: "_blank", rel: "noopener noreferrer" } : {}) });
  if (web) anchor.append(icon("out"), el("span", { class: "unseen", text: t.newTab }));
  return anchor;
}

/** 「家（いえ）」 in easy Japanese: the reading goes above its kanji, and back into brackets where it cannot. */
export function withReadings(text) {
  return text.split(READING).map((part, index, parts) => {
    if (index % 3 === 0) return part;
    if (index % 3 === 2) return ""; // a reading: drawn with the kanji before it
    return el("ruby", {}, part, el("rp", { text: "（" }), el("rt", { text: parts[index + 1] }), el("rp", { text: "）" }));
  }).filter(Boolean);
}

function prose(text, context, attributes = {}) {
  const node = el("p", { class: "prose", lang: langOf(text, context.locale), ...attributes });
  for (const [index, part] of text.split(URL_IN_TEXT).entries()) {
    if (index % 2) node.append(link(part, part, context.t));
    else node.append(...withReadings(part));
  }
  return node;
}

function sourceList(sources, { t, locale }) {
  if (!sources?.length) return null;
  const items = sources.map((source) => {
    const title = source.url ? link(source.title, source.url, t) : el("span", { text: source.title });
    title.lang = langOf(source.title, locale) ?? "";
    if (!title.lang) title.removeAttribute("lang");
    return el("li", {}, title, " ", el("span", { class: "as-of" }, ...withReadings(`（${t.asOf(readableDay(source.as_of, locale))}）`)));
  });
  return el("div", { class: "sources" }, el("p", { class: "sources-title" }, icon("book"), el("span", {}, ...withReadings(t.sources))), el("ul", {}, ...items));
}

/** Buttons that stay in place after use: a removed or disabled button would drop the focus. */
function choiceList(choices, { onChoice }) {
  if (!choices?.length) return null;
  const list = el("div", { class: "choices", role: "group" });
  for (const choice of choices) {
    const button = el("button", { type: "button", class: "choice" }, el("span", {}, ...withReadings(choice.label)));
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") onChoice(choice, button);
    });
    list.append(button);
  }
  return list;
}

function card(reply, context) {
  const rows = reply.rows?.length
    ? el("dl", {}, ...reply.rows.map(([label, value]) => el("div", {}, el("dt", {}, ...withReadings(label)), el("dd", {}, prose(value, context, { class: "" })))))
    : null;
  const links = reply.links?.length ? el("ul", { class: "links" }, ...reply.links.map((item) => el("li", {}, link(item.label, item.url, context.t)))) : null;
  return [prose(reply.title, context, { class: "card-title" }), reply.text && prose(reply.text, context), rows, links];
}

/** The question of a form; `ids` tie the composer's field to the question and its error. */
function formPrompt(reply, context, ids) {
  const [now, all] = reply.progress;
  const { t } = context;
  const head = el("p", { class: "step" }, el("span", { class: "step-count", text: t.progress(now, all), "aria-hidden": "true" }),
    el("span", { class: "unseen", text: t.progressLabel(now, all) }), el("span", {}, ...withReadings(t.form)),
    reply.optional && el("span", { class: "tag" }, ...withReadings(t.optional)));
  const error = reply.error ? el("p", { class: "error", id: ids.error }, icon("alert"), prose(reply.error, context)) : null;
  return [head, error, prose(reply.text, context, { id: ids.question })];
}

function time(created) {
  const date = new Date(created ?? Date.now());
  if (Number.isNaN(date.getTime())) return null;
  const pad = (n) => String(n).padStart(2, "0");
  return el("time", { datetime: date.toISOString(), text: `${date.getHours()}:${pad(date.getMinutes())}` });
}

/** A bot's reply, as {node, ids}. context: {t, locale, onChoice(choice, button)}. */
export function replyNode(reply, created, context) {
  serial += 1;
  const ids = { question: `q${serial}`, error: `e${serial}` };
  const kind = reply.type === "form_prompt" ? "form" : reply.type;
  let body;
  if (reply.type === "card") body = card(reply, context);
  else if (reply.type === "form_prompt") body = formPrompt(reply, context, ids);
  else body = [prose(reply.text ?? "", context)];
  const bubble = el("div", { class: `bubble ${kind}` }, ...body, sourceList(reply.sources, context));
  const node = el("div", { class: "message bot" }, el("span", { class: "avatar", "aria-hidden": "true" }, icon("home")),
    el("div", { class: "column" }, el("span", { class: "unseen", text: `${context.t.bot}: ` }), bubble, choiceList(reply.choices, context)));
  node.dataset.created = created ?? "";
  return { node, ids };
}

export function staffNode(text, created, context) {
  const name = el("p", { class: "author" }, ...withReadings(context.t.staff), " ", time(created));
  return el("div", { class: "message staff" }, el("span", { class: "avatar", "aria-hidden": "true" }, icon("person")),
    el("div", { class: "column" }, name, el("div", { class: "bubble", lang: htmlLang(context.locale) === "en" ? "ja" : null }, prose(text, context))));
}

export function residentNode(text, created, context) {
  return el("div", { class: "message resident" }, el("div", { class: "column" }, el("span", { class: "unseen", text: `${context.t.you}: ` }),
    el("div", { class: "bubble" }, el("p", { class: "prose", text, lang: langOf(text, context.locale) })),
    el("p", { class: "state" }, time(created))));
}

export const noteNode = (text) => el("p", { class: "system-note" }, ...withReadings(text));

/** state: "sending" | "sent" | {sentence, action, onAction}: the last is a failure and its way out. */
export function setState(node, state, created, t) {
  const line = node.querySelector(".state");
  node.classList.toggle("failed", typeof state === "object");
  if (state === "sending") line.replaceChildren(...withReadings(t.sending));
  else if (state === "sent") line.replaceChildren(...[time(created)].filter(Boolean));
  else {
    const button = el("button", { type: "button", class: "retry" }, ...withReadings(state.action));
    button.addEventListener("click", state.onAction);
    line.replaceChildren(el("strong", {}, icon("alert"), el("span", {}, ...withReadings(t.failed))), el("span", { class: "reason" }, ...withReadings(state.sentence)), button);
  }
}

/** Every choice on the page is spent once the resident has said something else. */
export function spendChoices(root, chosen, t) {
  for (const button of root.querySelectorAll(".choice:not([aria-disabled])")) button.setAttribute("aria-disabled", "true");
  if (!chosen) return;
  chosen.classList.add("chosen");
  chosen.append(icon("check"), el("span", { class: "unseen", text: ` ${t.chosen}` }));
}
