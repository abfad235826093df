// What does not fit a telephone: a page that scrolls sideways, what stands outside of it, what a finger misses.
const wide = document.documentElement.clientWidth;
const offences = [];
const named = (element) =>
    `${element.tagName.toLowerCase()}.${element.className} ${element.dataset.testid ?? element.textContent.trim().slice(0, 20)}`;
const scrolled = document.scrollingElement.scrollWidth;
if (scrolled > wide) offences.push(`the page is ${scrolled} wide`);
const scrolls = (element) => {
    for (let around = element.parentElement; around; around = around.parentElement) {
        if (getComputedStyle(around).overflowX !== "visible") return true;
    }
    return false;
};
// What a finger hits is 40 high and, where many stand in a row, at least 36 wide. The chart is the library's, and its
// legend lies over it; a box is tapped by its label, a symbol by its whole row.
const other = ".chart-box, .chart-box *, input[type=checkbox], .row-symbol, .scrim";
const above = document.querySelector("dialog[open]") ?? document;
for (const element of above.querySelectorAll("button, a[href], input, select, dialog, .menu-panel")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(".hidden")) continue;
    const { left, right, width, height } = element.getBoundingClientRect();
    if ((left < -0.5 || right > wide + 0.5) && !scrolls(element)) {
        offences.push(`${named(element)} stands from ${Math.round(left)} to ${Math.round(right)}`);
    }
    if (!element.matches(other) && (height < 39.5 || width < 35.5)) {
        offences.push(`${named(element)} is ${Math.round(width)} x ${Math.round(height)}`);
    }
}
return [...new Set(offences)];
