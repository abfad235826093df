// English words in a page that is to speak Chinese: in its texts, and in what a screen reader reads. Names stay as they are:
// of products, keys, instruments, people, and of what people made.
const known = new Set(
    ("Tickgraph EN UTC API JSON SMTP HMAC SHA IP ID Webhook IB ib QC https Chrome Linux " +
        "AAPL MSFT NASDAQ NYSE SMART USD APPLE INC MICROSOFT CORP RSI SMA EMA MACD VWAP ATR " +
        "Ctrl Alt Shift Del Delete Esc Home End Enter ann bea Trading Watched MARKET READ").split(" "),
);
// What others wrote: names of companies, of lists, of browsers, and codes. And the samples for developers.
const foreign = ".row-name, .quote-name, .option-name, .palette-note, .code, kbd, .sample-card, " +
    "#tv-attr-logo, .tape-exchange, .ladder-exchange, #time-zone, #alert-indicator, .table-note, [data-testid=watchlist-tab]";
const names = ["aria-label", "title", "placeholder", "alt"];
const offences = [];
const judge = (text, place) => {
    for (const word of text.match(/[A-Za-z]{2,}/g) ?? []) {
        if (!known.has(word)) offences.push(`${word}: "${text.trim()}" (${place})`);
    }
    if (/\{[a-z]+\}/.test(text)) offences.push(`not filled in: "${text}"`);
};
const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(foreign);
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (seen(element) && !element.matches("script, style")) judge(texts.currentNode.data, element.className);
}
for (const element of document.body.querySelectorAll("*")) {
    if (!seen(element)) continue;
    for (const name of names) {
        // What a server or a browser said in its own words, where ours stand beneath it.
        const quoted = name === "title" && element.matches(".event p, .toast-words p, .line-title");
        if (element.hasAttribute(name) && !quoted) judge(element.getAttribute(name), name);
    }
}
if (document.documentElement.lang !== "zh-CN") offences.push(`lang: ${document.documentElement.lang}`);
return [...new Set(offences)];
