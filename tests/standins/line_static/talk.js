// The talk of one LINE user with the bot, drawn from the stand-in's log.

import { element, flexMessage, pressable } from './flex.js';

const POLL_MS = 500;
const LINK = /https?:\/\/[!-~]+/g;
const CLOCK = new Intl.DateTimeFormat('ja-JP', { hour: 'numeric', minute: '2-digit' });

const talk = document.getElementById('talk');
const chips = document.getElementById('chips');
const notice = document.getElementById('notice');
const field = document.getElementById('text');
const menu = document.querySelector('.menu');
const user = new URLSearchParams(location.search).get('user') || '花子';
let seen = 0;
let typing = null;

document.getElementById('user').textContent = `${user}さんとして`;

// --- sending -------------------------------------------------------------------------------------

async function control(name, asked) {
  try {
    const response = await fetch(`/_standin/${name}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(asked),
    });
    const answer = await response.json();
    const failed = answer.error ?? (answer.status >= 200 && answer.status < 300 ? null : answer.status);
    if (failed !== null) note(`webhook: ${answer.status ?? response.status} ${answer.error ?? ''}`, true);
  } catch {
    note('LINEの代わりにつながりません。', true);
  }
}

function say(text) {
  chips.replaceChildren();
  return control('say', { user, text });
}

document.getElementById('entry').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  field.value = '';
  say(text);
});

field.addEventListener('keydown', (event) => {
  // An Enter that ends a kana conversion is not one that sends (229: Safari tells it that way).
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  field.form.requestSubmit();
});

for (const button of document.querySelectorAll('[data-control]')) {
  button.addEventListener('click', () => {
    menu.open = false;
    control(button.dataset.control, { user });
  });
}

document.getElementById('another').addEventListener('click', () => {
  location.search = new URLSearchParams({ user: `人${Math.floor(Math.random() * 9000) + 1000}` });
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') menu.open = false;
});

// --- drawing -------------------------------------------------------------------------------------

async function poll() {
  try {
    const query = new URLSearchParams({ after: seen, user });
    const { entries, last } = await (await fetch(`/_standin/log?${query}`)).json();
    if (last < seen) location.reload(); // the stand-in was started again
    seen = last;
    const below = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 120;
    entries.forEach(draw);
    if (entries.length && below) talk.scrollTop = talk.scrollHeight;
  } catch {
    // The stand-in is away; the next poll tries again.
  }
  setTimeout(poll, POLL_MS);
}

function draw(entry) {
  if (entry.kind === 'webhook') entry.events.forEach((event) => drawEvent(event, entry.at));
  else if (!entry.accepted) drawRefused(entry);
  else if (entry.endpoint.endsWith('/loading/start')) showTyping();
  else drawMessages(entry.body?.messages ?? [], entry);
}

const EVENTS = { follow: '友だちに追加しました', unfollow: 'ブロックしました' };

function drawEvent(event, at) {
  if (event.deliveryContext?.isRedelivery) return note('イベントを再送しました');
  if (event.type !== 'message') return note(EVENTS[event.type] ?? event.type);
  const { message } = event;
  const sticker = message.type === 'sticker';
  const bubble = element('div', sticker ? 'bubble sticker' : 'bubble');
  bubble.textContent = sticker ? 'スタンプ' : (message.text ?? `［${message.type}］`);
  chips.replaceChildren();
  add(true, at, bubble);
}

function drawRefused(entry) {
  const why = entry.problems.map((problem) => `${problem.property}: ${problem.message}`).join('\n');
  note(`LINEが受け付けませんでした（${entry.status}）${entry.endpoint}\n${entry.error}\n${why}`, true);
}

function drawMessages(messages, entry) {
  typing?.remove();
  for (const message of messages) add(false, entry.at, body(message));
  entry.warnings.forEach((warning) => note(warning, true));
  const last = messages.at(-1);
  if (!last) return;
  notice.hidden = false;
  notice.lastElementChild.textContent = last.altText ?? last.text ?? `［${last.type}］`;
  chips.replaceChildren(...(last.quickReply?.items ?? []).map(({ action }) => {
    const chip = pressable(action, say, 'chip');
    chip.textContent = action.label;
    return chip;
  }));
}

function body(message) {
  if (message.type === 'flex') return flexMessage(message, say);
  const bubble = element('div', 'bubble');
  if (message.type === 'text') linked(bubble, message.text);
  else bubble.textContent = message.altText ?? `［${message.type}］`;
  return bubble;
}

function linked(bubble, text) {
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const link = element('a', '');
    link.href = match[0];
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    link.textContent = match[0];
    bubble.append(text.slice(at, match.index), link);
    at = match.index + match[0].length;
  }
  bubble.append(text.slice(at));
}

function add(mine, at, content) {
  const turn = element('div', mine ? 'turn mine' : 'turn');
  const time = element('time', '');
  time.textContent = CLOCK.format(new Date(at * 1000));
  if (mine) {
    turn.append(time, content);
  } else {
    const avatar = element('span', 'avatar');
    avatar.textContent = '相';
    avatar.setAttribute('aria-hidden', 'true');
    turn.append(avatar, content);
    if (!content.classList.contains('carousel')) turn.append(time);
  }
  talk.append(turn);
}

function showTyping() {
  typing?.remove();
  const dots = element('div', 'bubble typing');
  dots.setAttribute('aria-label', '入力中');
  dots.append(...[1, 2, 3].map(() => element('i', '')));
  typing = element('div', 'turn');
  typing.append(dots);
  talk.append(typing);
}

function note(text, bad = false) {
  const made = element('p', bad ? 'note bad' : 'note');
  made.textContent = text.trim();
  talk.append(made);
  talk.scrollTop = talk.scrollHeight;
}

poll();
