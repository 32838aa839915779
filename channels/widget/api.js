/* The app's HTTP interface, as the panel uses it. Every failure is an ApiError with a `kind`:
 *   offline   no answer: no network, or none within the time limit
 *   rejected  the server refused the message and says why (`message` is for the resident)
 *   gone      the conversation or its token is no longer known
 *   busy      too many messages; `retryAfter` in seconds if the server said so
 *   server    anything else
 */
const ROOT = new URL("../api/v1/", import.meta.url);
const TIMEOUT_MS = 20_000; // the server answers within 8 s or says "pending"

export class ApiError extends Error {
  constructor(kind, message = "", retryAfter = null) {
    super(message || kind);
    Object.assign(this, { kind, sentence: message, retryAfter });
  }
}

function kindOf(status) {
  if (status === 401 || status === 403 || status === 404 || status === 410) return "gone";
  if (status === 429) return "busy";
  return status >= 400 && status < 500 ? "rejected" : "server";
}

async function request(url, { method = "GET", token, body, locale } = {}) {
  const headers = { Accept: "application/json", "Accept-Language": locale === "en" ? "en" : "ja" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal: stop.signal, credentials: "omit", cache: "no-store" });
    const data = await response.json().catch(() => null);
    if (response.ok && data) return data;
    const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    throw new ApiError(response.ok ? "server" : kindOf(response.status), data?.error?.message ?? "", Number.isNaN(seconds) ? null : seconds);
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError("offline");
  } finally {
    clearTimeout(timer);
  }
}

/** → {name, greeting, notice, starters: [{label, text, icon}]} */
export const config = (locale) => request(new URL(`config?locale=${encodeURIComponent(locale)}`, import.meta.url), { locale });

/** → {id, token, locale, staff: false} */
export async function open(locale) {
  const data = await request(new URL("conversations", ROOT), { method: "POST", body: { locale }, locale });
  return { id: data.conversation_id, token: data.token, locale, staff: false };
}

const messages = (conversation) => new URL(`conversations/${encodeURIComponent(conversation.id)}/messages`, ROOT);

/** → a turn, or {turn_id, status: "pending"}. Sending the same id again does nothing twice. */
export const send = (conversation, id, text) =>
  request(messages(conversation), { method: "POST", token: conversation.token, body: { message_id: id, text }, locale: conversation.locale });

/** → {messages: [{cursor, id, author, text, reply, turn_id, created_at}], cursor}, oldest first */
export function thread(conversation, after) {
  const url = messages(conversation);
  if (after) url.searchParams.set("after", after);
  return request(url, { token: conversation.token, locale: conversation.locale });
}
