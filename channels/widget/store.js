/* What this browser remembers: the conversation and its token, the language, an unsent draft.
 *
 * Lives in the storage of the panel's own origin. Where storage is blocked (private mode, third-party
 * rules) everything works from memory until the page is left.
 */
const LIFE_MS = 30 * 24 * 60 * 60 * 1000;
const memory = new Map();

function read(key) {
  try {
    return JSON.parse(window.localStorage.getItem(`iju-desk.${key}`)) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

function write(key, value) {
  memory.set(key, value);
  try {
    if (value === null) window.localStorage.removeItem(`iju-desk.${key}`);
    else window.localStorage.setItem(`iju-desk.${key}`, JSON.stringify(value));
  } catch { /* blocked or full: the copy in memory has to do */ }
}

/** {id, token, locale, staff, saved} or null; one unused for 30 days is forgotten. */
export function loadConversation() {
  const saved = read("conversation");
  if (saved?.id && saved.token && Date.now() - saved.saved < LIFE_MS) return saved;
  if (saved) write("conversation", null);
  return null;
}

export const saveConversation = (value) => write("conversation", value && { ...value, saved: Date.now() });
export const loadLocale = () => read("locale");
export const saveLocale = (value) => write("locale", value);
export const loadDraft = () => read("draft") ?? "";
export const saveDraft = (value) => write("draft", value || null);
