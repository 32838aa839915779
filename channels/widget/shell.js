/* Everything around the messages: header, menu, languages, start screen, scrolling, and the host page. */
import * as api from "./api.js";
import { composing } from "./composer.js";
import * as store from "./store.js";
import { LANGUAGES, STRINGS, htmlLang } from "./strings.js";
import { el, icon, withReadings } from "./view.js";

const $ = (id) => document.getElementById(id);
const write = (id, text) => $(id).replaceChildren(...withReadings(text));

/** The page that frames us: its origin is named in our address, and checked on every message. */
function hostPage(onMessage) {
  const origin = new URLSearchParams(window.location.search).get("origin") ?? "";
  const framed = window.parent !== window && /^https?:\/\//.test(origin);
  if (framed) {
    window.addEventListener("message", (event) => {
      if (event.source === window.parent && event.origin === origin && event.data?.app === "iju-desk") onMessage(event.data.type);
    });
  }
  const post = (type, detail = {}) => { if (framed) window.parent.postMessage({ app: "iju-desk", type, ...detail }, origin); };
  return { framed, post };
}

function firstLocale() {
  const asked = new URLSearchParams(window.location.search).get("locale");
  return [store.loadLocale(), asked].find((name) => name in STRINGS) ?? "ja";
}

/** Callbacks: onLocale(name), onReset(), onStarter(text), onSeen() when the panel comes into view. */
export function createShell({ onLocale, onReset, onStarter, onSeen }) {
  const scroller = $("scroller");
  const menu = $("menu");
  const touch = window.matchMedia("(hover: none) and (pointer: coarse)");
  const locale = firstLocale();
  let t = STRINGS[locale];
  let unread = 0;
  let inView = true;

  const host = hostPage((type) => {
    inView = type === "open";
    if (!inView) return;
    unread = 0;
    host.post("unread", { count: 0 });
    // On a phone the field would bring up the keyboard over the greeting: the title takes the focus there.
    if (touch.matches) $("title").focus();
    else document.querySelector("#composer .row :is(textarea, input):not([hidden])").focus();
    onSeen();
  });

  function toggleMenu(show) {
    menu.hidden = !show;
    $("menu-button").setAttribute("aria-expanded", String(show));
  }

  function languageButtons(into, current) {
    into.replaceChildren(...LANGUAGES.map(([name, label, lang]) => {
      const button = el("button", { type: "button", text: label, lang, "aria-pressed": String(name === current) });
      button.addEventListener("click", () => {
        const where = into.id;
        toggleMenu(false);
        Promise.resolve(onLocale(name)).then(() => { // the buttons are drawn anew: keep the focus in place
          if (where === "languages") $(where).querySelector("[aria-pressed=true]").focus();
          else $("menu-button").focus();
        });
      });
      return button;
    }));
  }

  async function loadConfig(name) {
    const data = await api.config(name).catch(() => null);
    if (!data || t !== STRINGS[name]) return; // without it the panel still works, with its own words
    document.title = data.name;
    $("title").textContent = data.name;
    write("greeting", data.greeting);
    write("notice", data.notice);
    $("starters").replaceChildren(...data.starters.map((starter) => {
      const button = el("button", { type: "button" }, icon(starter.icon ?? "start"), el("span", {}, ...withReadings(starter.label)));
      button.addEventListener("click", () => onStarter(starter.text));
      return el("li", {}, button);
    }));
  }

  function show(name) {
    t = STRINGS[name];
    document.documentElement.lang = htmlLang(name);
    document.documentElement.dataset.locale = name;
    for (const [id, text] of Object.entries({ title: t.title, subtitle: t.subtitle, "language-title": t.language, reset: t.reset, "starters-title": t.starters })) write(id, text);
    for (const [id, label] of [["menu-button", t.menu], ["close", t.close]]) {
      $(id).setAttribute("aria-label", label);
      $(id).title = label;
    }
    scroller.setAttribute("aria-label", t.conversation);
    scroller.removeAttribute("aria-labelledby");
    languageButtons($("languages"), name);
    languageButtons($("menu-languages"), name);
    return loadConfig(name);
  }

  function confirm(text, yes) {
    const dialog = $("confirm");
    write("confirm-text", text);
    write("confirm-yes", yes);
    write("confirm-no", t.no);
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
  }

  /** New rows came: tell the host page, and count them if nobody is looking. */
  function arrived(count, author) {
    host.post("message", { author });
    if (inView) return;
    unread += count;
    host.post("unread", { count: unread });
  }

  function problem(sentence, action, onAction) {
    const button = el("button", { type: "button", class: "retry" }, ...withReadings(action));
    button.addEventListener("click", onAction);
    $("problem").replaceChildren(icon("alert"), el("p", {}, ...withReadings(sentence)), button);
  }

  function onEscape(event) {
    if (event.key !== "Escape" || composing(event) || $("confirm").open) return;
    if (!menu.hidden) {
      toggleMenu(false);
      $("menu-button").focus();
    } else {
      host.post("close");
    }
  }

  $("close").hidden = !host.framed;
  $("close").addEventListener("click", () => host.post("close"));
  $("menu-button").addEventListener("click", () => toggleMenu(menu.hidden));
  $("reset").addEventListener("click", () => { toggleMenu(false); $("menu-button").focus(); onReset(); });
  $("confirm-yes").addEventListener("click", () => $("confirm").close("yes"));
  $("confirm-no").addEventListener("click", () => $("confirm").close("no"));
  document.addEventListener("keydown", onEscape);
  document.addEventListener("click", (event) => { if (!event.target.closest("#menu, #menu-button")) toggleMenu(false); });
  if (host.framed) { inView = false; host.post("ready"); }

  return {
    locale, show, confirm, arrived, problem,
    clearProblem: () => $("problem").replaceChildren(),
    nearEnd: () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 240,
    /** Brings the top of a new message into view, so that a long answer is read from its beginning. */
    scrollTo: (node) => scroller.scrollTo({ top: node.offsetTop - scroller.offsetTop - 64 }),
    toEnd: () => scroller.scrollTo({ top: scroller.scrollHeight, behavior: "instant" }),
    toTop: () => scroller.scrollTo({ top: 0 }),
    slow: (on) => { $("slow").hidden = !on; write("slow", on ? t.slow : ""); },
    typing(on) {
      $("typing").hidden = !on;
      if (on !== ($("status").textContent !== "")) $("status").textContent = on ? t.typing : "";
    },
  };
}
