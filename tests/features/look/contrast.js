// Texts that stand out too little from what is behind them: WCAG's 4.5, or 3 for large letters.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
};
const over = (above, below) => {
    const mixed = above.slice(0, 3).map((part, at) => part * above[3] + below[at] * (1 - above[3]));
    return [...mixed, 1];
};
const light = (parts) => {
    const [red, green, blue] = parts.slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const behind = (element) => {
    const layers = [];
    for (let around = element; around; around = around.parentElement) {
        const found = colour(getComputedStyle(around).backgroundColor);
        if (found[3] > 0) layers.push(found);
        if (found[3] === 1) break;
    }
    return layers.reverse().reduce((below, above) => over(above, below), [255, 255, 255, 1]);
};
const opacity = (element) =>
    element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1;
const offences = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    // What is disabled need not be read; a price that flashes is on its way to its own colour.
    const skipped = "script, style, .hidden, :disabled, :disabled *, .flash, .chart-box *";
    if (!text || element.closest(skipped) || !element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const below = behind(element);
    const [red, green, blue, alpha] = colour(style.color);
    const own = light(over([red, green, blue, alpha * opacity(element)], below));
    const [high, low] = [own, light(below)].sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (contrast < least) offences.push(`${contrast.toFixed(2)}: "${text.slice(0, 30)}" ${element.className} ${style.color}`);
}
return [...new Set(offences)];
