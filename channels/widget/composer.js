/* Where the resident writes: a growing text area, or a single line of the right type for a form's question. */
import { withReadings } from "./view.js";

const $ = (id) => document.getElementById(id);
const write = (id, text) => $(id).replaceChildren(...withReadings(text));
const LONG = 4500; // characters from which the counter shows; the server decides on the limit
const AUTOCOMPLETE = { email: "email", tel: "tel" };
// What a form's bar sends: words the dialogue understands in every language of the panel.
const SKIP = "スキップ";
const CANCEL = "やめる";

/** Enter that confirms a conversion: Safari ends the composition before this keydown, only 229 tells. */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/** onSend(text); onInput(text) after every edit. → {show, focus, setText, setForm, setNote} */
export function createComposer({ onSend, onInput }) {
  const area = $("area");
  const line = $("line");
  const touch = window.matchMedia("(hover: none) and (pointer: coarse)");
  let field = area;
  let t = null;

  function changed() {
    const text = field.value;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, 152)}px`; // about five lines
    $("send").setAttribute("aria-disabled", String(!text.trim()));
    $("count").hidden = text.length < LONG;
    $("count").textContent = text.length < LONG ? "" : t.count([...text].length);
  }

  function setText(text) {
    field.value = text;
    changed();
  }

  function submit() {
    const text = field.value.trim();
    if (!text) return field.focus();
    setText("");
    onInput("");
    onSend(text);
  }

  function onKey(event) {
    if (event.key !== "Enter" || composing(event)) return;
    if (event.currentTarget === area && (event.shiftKey || touch.matches)) return; // a new line
    event.preventDefault();
    submit();
  }

  /** Swaps the field without losing the focus or what is being written. */
  function use(next, type) {
    if (next === line) line.type = type;
    if (next === field) return;
    const focused = document.activeElement === field;
    const text = field.value;
    field.hidden = true;
    next.hidden = false;
    field = next;
    setText(text);
    if (focused) next.focus();
  }

  /** form: a form_prompt reply with `ids` {question, error} of its nodes, or null. */
  function setForm(form, strings) {
    t = strings;
    const bar = $("formbar");
    const lost = bar.contains(document.activeElement);
    const single = ["text", "email", "tel"].includes(form?.input);
    use(single ? line : area, form?.input);
    $("field-label").htmlFor = field.id;
    $("field-label").textContent = form ? t.answer : t.field;
    area.placeholder = form ? "" : t.placeholder;
    line.autocomplete = form?.field === "name" ? "name" : AUTOCOMPLETE[form?.input] ?? "off";
    field.setAttribute("aria-invalid", String(Boolean(form?.error)));
    const ids = form ? [form.error && form.ids.error, form.ids.question].filter(Boolean).join(" ") : "";
    if (ids) field.setAttribute("aria-describedby", ids);
    else field.removeAttribute("aria-describedby");
    bar.hidden = !form;
    $("note").hidden = Boolean(form);
    if (form) {
      const [now, all] = form.progress;
      Object.assign($("progress"), { max: all, value: now });
      write("progress-label", t.progressLabel(now, all));
      $("skip").hidden = !form.optional;
    }
    if (lost && (!form || document.activeElement?.hidden || document.activeElement === document.body)) field.focus();
    changed();
  }

  function show(strings) {
    t = strings;
    $("send").setAttribute("aria-label", t.send);
    $("send").title = t.send;
    write("skip", t.skip);
    write("cancel", t.cancel);
    write("note", t.note);
    setForm(null, t);
  }

  for (const one of [area, line]) {
    one.addEventListener("keydown", onKey);
    one.addEventListener("input", () => { changed(); onInput(one.value); });
  }
  touch.addEventListener("change", () => { area.enterKeyHint = touch.matches ? "enter" : "send"; });
  area.enterKeyHint = touch.matches ? "enter" : "send";
  // The browser's own submission by Enter has no composition check: it never sends.
  $("composer").addEventListener("submit", (event) => event.preventDefault());
  $("send").addEventListener("click", () => { submit(); field.focus(); });
  $("skip").addEventListener("click", () => onSend(SKIP));
  $("cancel").addEventListener("click", () => onSend(CANCEL));

  return { show, setForm, setText, focus: () => field.focus(), setNote: (text) => write("note", text) };
}
