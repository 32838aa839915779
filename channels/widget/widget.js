/* One-line embed: <script src="…/widget.js" async data-locale="ja"></script>
 *
 * Adds a launcher button and, on first opening, an iframe with the panel of the script's own origin,
 * so that the conversation's token is never readable by the host page. Needs of the host's CSP only
 * `script-src` and `frame-src` for that origin. Options, as data attributes:
 *   data-locale    ja | easy_ja | en (first language; the visitor can switch)
 *   data-position  right | left
 *   data-offset-x, data-offset-y  CSS pixels kept free at the side and below (a page-top button, say)
 *   data-label     text of the launcher
 * JS API: window.ijuDesk = {open(), close(), on(name, listener) → unsubscribe}
 *   events: open, close, message ({author}), unread ({count})
 */
(() => {
  "use strict";
  const script = document.currentScript;
  if (window.ijuDesk || !script) return;

  const TEXT = {
    ja: { label: "移住相談", title: "移住相談チャット", unread: (n) => `未読${n}件` },
    easy_ja: { label: "移住の相談（そうだん）", title: "移住（いじゅう）の相談（そうだん）チャット", unread: (n) => `新しいメッセージ${n}つ` },
    en: { label: "Relocation help", title: "Relocation help chat", unread: (n) => `${n} unread` },
  };
  const options = script.dataset;
  const base = new URL(".", script.src); // the widget also works below a path prefix
  const locale = Object.hasOwn(TEXT, options.locale ?? "") ? options.locale : "ja";
  const text = TEXT[locale];
  const listeners = new Map();

  const CSS = `
    :host { all: initial; color-scheme: light dark; }
    section { --surface: #fbf9f4; --edge: #0b5a54; --face: #0b5a54; --ink: #fff; --warm: #ffb347; }
    button {
      position: fixed; z-index: 2147483000; box-sizing: border-box; min-height: 56px; max-width: calc(100vw - 24px);
      right: calc(var(--x, 20px) + env(safe-area-inset-right)); bottom: calc(var(--y, 20px) + env(safe-area-inset-bottom));
      display: flex; align-items: center; gap: 10px; padding: 8px 22px 8px 16px;
      font: 700 16px/1.3 "Hiragino Sans", "Hiragino Kaku Gothic ProN", "BIZ UDPGothic", "Noto Sans JP", "Yu Gothic UI", Meiryo, sans-serif;
      letter-spacing: .04em; color: var(--ink); background: var(--face); border: 2px solid #fff; border-radius: 28px;
      box-shadow: 0 2px 6px rgb(0 40 36 / .22), 0 8px 24px rgb(0 40 36 / .2); cursor: pointer;
    }
    button:hover { background: #08463f; }
    button:focus-visible { outline: 3px solid #ffb347; outline-offset: 3px; box-shadow: 0 0 0 3px #10201e; }
    button svg { width: 28px; height: 28px; flex: none; }
    .fill { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
    .sun { fill: var(--warm); }
    .badge { min-width: 22px; padding: 1px 6px; box-sizing: border-box; border-radius: 11px; background: #b3261e; color: #fff; font-size: 13px; text-align: center; }
    .badge[hidden] { display: none; }
    dialog {
      position: fixed; inset: auto; z-index: 2147483000; margin: 0; padding: 0; border: 1px solid rgb(0 50 46 / .18); overflow: hidden;
      right: calc(var(--x, 20px) + env(safe-area-inset-right)); bottom: calc(var(--y, 20px) + 70px + env(safe-area-inset-bottom));
      width: min(416px, calc(100vw - 32px)); max-width: none; max-height: none;
      height: min(700px, calc(100dvh - var(--y, 20px) - 88px)); border-radius: 18px; background: var(--surface);
      box-shadow: 0 4px 12px rgb(0 40 36 / .14), 0 18px 48px rgb(0 40 36 / .24);
    }
    dialog::backdrop { background: var(--surface); }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    .left button, .left dialog { right: auto; left: calc(var(--x, 20px) + env(safe-area-inset-left)); }
    section dialog:modal { inset: var(--top, 0) 0 auto 0; width: 100%; height: var(--height, 100dvh); border: 0; border-radius: 0; box-shadow: none; }
    section:has(dialog:modal) button { visibility: hidden; }
    @media (prefers-color-scheme: dark) {
      section { --surface: #131d1c; }
      button { border-color: #9fd8cd; }
      dialog { border-color: #35504c; }
    }
    @media (prefers-reduced-motion: no-preference) {
      dialog[open]:not(:modal) { animation: rise .18s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(10px); } }
    }
    @media (forced-colors: active) { button, dialog { border: 2px solid ButtonText; } .badge { border: 1px solid; } }
    @media print { section { display: none; } }
  `;

  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function icon() {
    const make = (tag, attributes) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      return node;
    };
    const svg = make("svg", { viewBox: "0 0 28 28", "aria-hidden": "true" });
    svg.append(
      make("path", { class: "fill", d: "M4 5.5h20a1.5 1.5 0 0 1 1.5 1.5v13a1.5 1.5 0 0 1-1.5 1.5H13L7.5 26v-4.5H4A1.5 1.5 0 0 1 2.5 20V7A1.5 1.5 0 0 1 4 5.5z" }),
      make("path", { class: "fill", d: "M8.5 13.5 14 9l5.5 4.5M10.2 12.5V18h7.6v-5.5" }),
      make("circle", { class: "sun", cx: "22.5", cy: "5.5", r: "3.5" }),
    );
    return svg;
  }

  function style(root) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
    } catch { // Safari before 16.4 has no constructable style sheets
      root.append(element("style", {}, CSS));
    }
  }

  function emit(name, detail = {}) {
    for (const listener of listeners.get(name) ?? []) listener(detail);
  }

  function build() {
    const host = element("iju-desk");
    const root = host.attachShadow({ mode: "open" });
    style(root);
    for (const [name, value] of [["--x", options.offsetX], ["--y", options.offsetY]]) {
      if (/^\d{1,4}$/.test(value ?? "")) host.style.setProperty(name, `${value}px`);
    }
    const badge = element("span", { class: "badge", hidden: "" });
    const label = element("span", {}, options.label || text.label);
    const launcher = element("button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel" }, icon(), label, badge);
    const dialog = element("dialog", { id: "panel", "aria-label": text.title });
    const lang = locale === "en" ? "en" : "ja";
    const section = element("section", { "aria-label": text.label, lang, class: options.position === "left" ? "left" : "right" }, launcher, dialog);
    root.append(section);
    document.body.append(host);
    return { host, launcher, dialog, badge };
  }

  function start() {
    const { host, launcher, dialog, badge } = build();
    const small = window.matchMedia("(max-width: 600px), (max-height: 480px)");
    let frame = null;
    let ready = false;
    let returnFocus = false;
    let moving = false; // true while the dialog changes between floating and full screen
    let overflow = "";

    function post(type) {
      if (ready) frame.contentWindow.postMessage({ app: "iju-desk", type }, base.origin);
    }

    function show() {
      if (small.matches) {
        // Full screen is modal: the page behind must take neither focus nor scrolling.
        dialog.showModal();
        overflow = document.documentElement.style.overflow;
        document.documentElement.style.overflow = "hidden";
      } else {
        dialog.show();
      }
      fit();
    }

    function fit() { // the on-screen keyboard shrinks the visual viewport only
      const view = window.visualViewport;
      if (!view || !dialog.matches(":modal")) return;
      host.style.setProperty("--height", `${Math.round(view.height)}px`);
      host.style.setProperty("--top", `${Math.round(view.offsetTop)}px`);
    }

    function open() {
      if (dialog.open) return;
      if (!frame) {
        const url = new URL("widget/panel", base);
        url.search = new URLSearchParams({ locale, origin: window.location.origin }).toString();
        frame = element("iframe", { title: text.title, src: url.href });
        dialog.append(frame);
      }
      show();
      launcher.setAttribute("aria-expanded", "true");
      frame.focus();
      post("open");
      emit("open");
    }

    function close() {
      if (!dialog.open) return;
      returnFocus = returnFocus || document.activeElement === host;
      dialog.close();
    }

    function unread(count) {
      badge.hidden = !count;
      badge.textContent = String(count);
      badge.setAttribute("aria-label", text.unread(count));
      badge.setAttribute("role", "img");
      emit("unread", { count });
    }

    dialog.addEventListener("close", () => { // also the platform's own way to close: Esc, Android's back
      if (moving) return;
      document.documentElement.style.overflow = overflow;
      launcher.setAttribute("aria-expanded", "false");
      if (returnFocus) launcher.focus();
      returnFocus = false;
      post("close");
      emit("close");
    });
    dialog.addEventListener("cancel", () => { returnFocus = true; });
    launcher.addEventListener("click", () => (dialog.open ? close() : open()));
    small.addEventListener("change", () => {
      if (!dialog.open) return;
      moving = true;
      dialog.close();
      document.documentElement.style.overflow = overflow;
      show();
      window.setTimeout(() => { moving = false; }); // the close event is queued, not synchronous
    });
    window.visualViewport?.addEventListener("resize", fit);
    window.visualViewport?.addEventListener("scroll", fit);
    window.addEventListener("message", (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return;
      const data = event.data;
      if (data?.app !== "iju-desk") return;
      if (data.type === "ready") {
        ready = true;
        post(dialog.open ? "open" : "close");
      } else if (data.type === "close") {
        returnFocus = true;
        close();
      } else if (data.type === "unread" && Number.isInteger(data.count)) {
        unread(data.count);
      } else if (data.type === "message") {
        emit("message", { author: String(data.author) });
      }
    });
    return { open, close };
  }

  let widget = null;
  const early = []; // calls made before the body exists
  const run = (name) => (widget ? widget[name]() : early.push(name));
  window.ijuDesk = Object.freeze({
    open: () => { run("open"); },
    close: () => { run("close"); },
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      return () => { listeners.get(name).delete(listener); };
    },
  });
  const begin = () => {
    widget = start();
    for (const name of early) widget[name]();
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin, { once: true });
})();
