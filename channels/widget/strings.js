/* What the panel itself says. What is said about one region comes from the server (`config`). */

const ja = {
  title: "移住相談", subtitle: "自動応答でご案内します", close: "閉じる", menu: "言語とメニュー", language: "言語",
  field: "メッセージ", placeholder: "例：空き家を探しています", answer: "回答", send: "送信", conversation: "会話の内容",
  you: "あなた", bot: "自動応答", staff: "担当者",
  sending: "送信中", failed: "送れませんでした", resend: "再送", rewrite: "書き直す",
  typing: "入力中です", slow: "お答えに少し時間がかかっています。画面を閉じても、あとで続きを見られます。",
  sources: "出典", asOf: (when) => `${when}時点`, starters: "よくあるご相談", chosen: "選択済み",
  note: "自動応答です。個人情報は書かないでください。",
  form: "相談の申込み", progress: (now, all) => `${now}/${all}`, progressLabel: (now, all) => `全${all}問中${now}問目`,
  skip: "スキップ", cancel: "やめる", optional: "任意",
  reset: "この会話を消して新しく始める", resetAsk: "この端末から会話を消して、新しく始めます。消すと、この画面ではもう見られません。", resetYes: "消して始める",
  switchAsk: "言語を変えると、新しい会話になります。これまでの会話は、この画面ではもう見られません。", switchYes: "変えて始める", no: "やめておく",
  staffNote: "担当者に引き継ぎました。返信はこの画面に届きます。", renewed: "前の会話は期限が切れていたため、新しい会話として送りました。",
  count: (n) => `${n}文字（5,000文字まで）`, newTab: "（新しいタブで開きます）", retryLoad: "もう一度読み込む",
  errors: {
    offline: "インターネットにつながっていないようです。つながったら「再送」を押してください。",
    rejected: "このメッセージは送れませんでした。内容を短くするなど、書き直してお試しください。",
    gone: "この会話は終了しています。もう一度お試しください。",
    busy: (s) => (s ? `続けてたくさん送られたため、お休みしています。${s}秒ほど待って「再送」を押してください。` : "続けてたくさん送られたため、少し待ってから「再送」を押してください。"),
    server: "ただいま答えを用意できませんでした。少し待ってから「再送」を押してください。",
    load: "これまでの会話を読み込めませんでした。",
  },
};

const easy_ja = {
  ...ja,
  title: "移住（いじゅう）の相談（そうだん）", subtitle: "コンピューターが こたえます", close: "とじる", menu: "ことばと メニュー", language: "ことば",
  placeholder: "ここに かいて ください", field: "ききたいこと", answer: "こたえ", send: "おくる", conversation: "はなしたこと",
  bot: "コンピューター", staff: "担当（たんとう）の人（ひと）",
  sending: "送（おく）っています", failed: "送（おく）れませんでした", resend: "もう一度（いちど）送（おく）る", rewrite: "書（か）きなおす",
  typing: "書（か）いています", slow: "少（すこ）し 時間（じかん）が かかっています。画面（がめん）を 閉（と）じても、あとで 見（み）ることが できます。",
  sources: "どこの 情報（じょうほう）か", asOf: (when) => `${when}の 情報（じょうほう）`, starters: "えらんで ください", chosen: "えらびました",
  note: "コンピューターが 答（こた）えます。名前（なまえ）は 書（か）かないで ください。",
  form: "相談（そうだん）の 申（もう）しこみ", progressLabel: (now, all) => `${all}の 質問（しつもん）の ${now}番目（ばんめ）`,
  skip: "とばす", optional: "答（こた）えなくても いいです",
  reset: "この会話（かいわ）を 消（け）して 新（あたら）しく 始（はじ）める", resetAsk: "この会話（かいわ）を 消（け）します。消（け）すと、もう 見（み）ることが できません。", resetYes: "消（け）して 始（はじ）める",
  switchAsk: "ことばを 変（か）えると、新（あたら）しい 会話（かいわ）に なります。今（いま）までの 会話（かいわ）は、もう 見（み）ることが できません。", switchYes: "変（か）えて 始（はじ）める", no: "やめる",
  staffNote: "担当（たんとう）の 人（ひと）が 答（こた）えます。返事（へんじ）は ここに とどきます。", renewed: "前（まえ）の 会話（かいわ）は 終（お）わっていたので、新（あたら）しい 会話（かいわ）で 送（おく）りました。",
  count: (n) => `${n}文字（もじ）（5,000文字まで）`, newTab: "（新（あたら）しい タブ）", retryLoad: "もう一度（いちど） 読（よ）む",
  errors: {
    offline: "インターネットに つながっていません。つながったら「もう一度（いちど）送（おく）る」を おして ください。",
    rejected: "送（おく）れませんでした。短（みじか）く 書（か）きなおして ください。",
    gone: "この会話（かいわ）は 終（お）わりました。もう一度（いちど） 送（おく）って ください。",
    busy: (s) => (s ? `${s}秒（びょう） 待（ま）って、もう一度（いちど） 送（おく）って ください。` : "少（すこ）し 待（ま）って、もう一度（いちど） 送（おく）って ください。"),
    server: "今（いま）、答（こた）えることが できません。少（すこ）し 待（ま）って、もう一度（いちど） 送（おく）って ください。",
    load: "今（いま）までの 会話（かいわ）を 読（よ）めませんでした。",
  },
};

const en = {
  title: "Relocation help", subtitle: "Automatic answers", close: "Close", menu: "Language and menu", language: "Language",
  field: "Message", placeholder: "e.g. I am looking for a house", answer: "Your answer", send: "Send", conversation: "Conversation",
  you: "You", bot: "Automatic answer", staff: "Staff",
  sending: "Sending", failed: "Not sent", resend: "Send again", rewrite: "Edit",
  typing: "Typing", slow: "This is taking a little longer. You can close this window and see the answer later.",
  sources: "Sources", asOf: (when) => `as of ${when}`, starters: "Common questions", chosen: "chosen",
  note: "Automatic answers. Please leave out personal details.",
  form: "Consultation request", progress: (now, all) => `${now}/${all}`, progressLabel: (now, all) => `Question ${now} of ${all}`,
  skip: "Skip", cancel: "Stop", optional: "optional",
  reset: "Delete this conversation and start again", resetAsk: "This removes the conversation from this device. You will not be able to see it here again.", resetYes: "Delete and start",
  switchAsk: "Changing the language starts a new conversation. You will not be able to see this one here again.", switchYes: "Change and start", no: "Keep it",
  staffNote: "A member of staff has taken over. Their reply will appear here.", renewed: "Your earlier conversation had ended, so this was sent in a new one.",
  count: (n) => `${n} characters (limit 5,000)`, newTab: " (opens in a new tab)", retryLoad: "Try again",
  errors: {
    offline: "You seem to be offline. Press “Send again” once you are connected.",
    rejected: "This message could not be sent. Please edit it, for example make it shorter, and try again.",
    gone: "This conversation has ended. Please try again.",
    busy: (s) => (s ? `That was a lot of messages at once. Please wait about ${s} seconds, then press “Send again”.` : "That was a lot of messages at once. Please wait a little, then press “Send again”."),
    server: "We could not prepare an answer just now. Please wait a little, then press “Send again”.",
    load: "The earlier conversation could not be loaded.",
  },
};

export const STRINGS = { ja, easy_ja, en };
export const LANGUAGES = [["ja", "日本語", "ja"], ["easy_ja", "やさしい日本語", "ja"], ["en", "English", "en"]];
export const htmlLang = (locale) => (locale === "en" ? "en" : "ja");

/** A day that may be partial (`2022`, `2022-12`, `2022-12-05`) the way people write it. */
export function readableDay(day, locale) {
  const [year, month, date] = day.split("-").map(Number);
  if (locale !== "en") return `${year}年${month ? `${month}月` : ""}${date ? `${date}日` : ""}`;
  if (!month) return String(year);
  const format = { year: "numeric", month: "long", timeZone: "UTC", ...(date ? { day: "numeric" } : {}) };
  return new Intl.DateTimeFormat("en-GB", format).format(new Date(Date.UTC(year, month - 1, date || 1)));
}
