// Flex Message JSON → DOM: the parts of LINE's layout that bots use.

const SPACE = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const FONT = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, '3xl': 35, '4xl': 48, '5xl': 74 };
const BORDER = { none: 0, light: 0.5, normal: 1, medium: 2, 'semi-bold': 3, bold: 4 };
const OPENS = /^(https?|tel|line):/i;

const px = (value, words) => (value in words ? `${words[value]}px` : value);

// `send(text)` is what a message action does.
export function flexMessage(message, send) {
  const { contents } = message;
  if (contents.type === 'bubble') return bubble(contents, message.altText, send);
  const shelf = element('div', 'carousel');
  shelf.tabIndex = 0;
  label(shelf, message.altText);
  shelf.append(...contents.contents.map((each) => bubble(each, '', send)));
  return shelf;
}

function bubble(json, altText, send) {
  const card = element('article', 'flex');
  if (altText) label(card, altText);
  for (const name of ['header', 'hero', 'body', 'footer']) {
    if (!json[name]) continue;
    const block = element('div', `block ${name}`);
    block.style.backgroundColor = json.styles?.[name]?.backgroundColor ?? '';
    block.append(component(json[name], send));
    card.append(block);
  }
  return card;
}

function component(json, send, parent) {
  const made = (MAKERS[json.type] ?? unknown)(json, send);
  const { style } = made;
  style.flex = grow(json, parent);
  if (json.margin && parent) {
    style[parent.layout === 'vertical' ? 'marginTop' : 'marginInlineStart'] = px(json.margin, SPACE);
  }
  return made;
}

// In a row a component takes one share unless it says otherwise; in a column its own height.
function grow(json, parent) {
  if (!parent) return '';
  if (json.flex !== undefined) return json.flex === 0 ? '0 0 auto' : `${json.flex} 1 0`;
  return parent.layout === 'vertical' || json.type === 'separator' ? '' : '1 1 0';
}

const MAKERS = {
  box(json, send) {
    const box = pressable(json.action, send, `box ${json.layout}`);
    const { style } = box;
    style.gap = px(json.spacing ?? 'none', SPACE);
    style.padding = px(json.paddingAll ?? 'none', SPACE);
    style.backgroundColor = json.backgroundColor ?? '';
    style.borderRadius = px(json.cornerRadius ?? 'none', SPACE);
    style.alignItems = json.alignItems ?? '';
    style.justifyContent = json.justifyContent ?? '';
    if (json.borderWidth) style.border = `${px(json.borderWidth, BORDER)} solid ${json.borderColor ?? '#000'}`;
    box.append(...json.contents.map((child) => component(child, send, json)));
    return box;
  },
  text(json, send) {
    const text = pressable(json.action, send, `text${json.wrap ? ' wrap' : ''}`);
    const { style } = text;
    style.fontSize = px(json.size ?? 'md', FONT);
    style.color = json.color ?? '';
    style.fontWeight = json.weight === 'bold' ? '700' : '';
    style.textAlign = json.align ?? '';
    style.textDecoration = json.decoration ?? 'none';
    if (json.contents) text.append(...json.contents.map((span) => MAKERS.text({ size: json.size, ...span }, send)));
    else text.textContent = json.text;
    return text;
  },
  button(json, send) {
    const button = pressable(json.action, send, `button ${json.style ?? 'link'}`);
    button.textContent = json.action.label;
    if (json.color) button.style[json.style === 'link' || !json.style ? 'color' : 'backgroundColor'] = json.color;
    return button;
  },
  separator(json) {
    const rule = element('hr', 'rule');
    rule.style.borderColor = json.color ?? '';
    return rule;
  },
  filler: () => element('span', 'filler'),
};

function unknown(json) {
  const note = element('span', 'text');
  note.textContent = `［${json.type}］`;
  return note;
}

// A link for an address, a button for a message, a plain element for neither.
export function pressable(action, send, className) {
  if (action?.type === 'uri' && OPENS.test(action.uri)) {
    const link = element('a', `${className} press`);
    link.href = action.uri;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    return link;
  }
  if (action?.type === 'message') {
    const button = element('button', `${className} press`);
    button.type = 'button';
    button.addEventListener('click', () => send(action.text));
    return button;
  }
  return element('div', className);
}

export function element(name, className) {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

function label(made, altText) {
  made.setAttribute('role', 'group');
  made.setAttribute('aria-label', altText);
}
