// The chart's colours and typeface, which are those of the page, for src/chart/bridge.js.

const DOTTED = 1;
const DASHED = 2;

/// What the chart needs of this.
export function addLook(parts) {
    parts.Look = Look;
}

class Look {
    constructor(container) {
        this.container = container;
        this.read();
    }

    /// The colours are those of the style sheet's tokens.
    colour(name) {
        return getComputedStyle(this.container).getPropertyValue(`--${name}`).trim();
    }

    read() {
        this.font = getComputedStyle(this.container).fontFamily;
        this.colours = {
            surface: this.colour("surface"),
            text: this.colour("text"),
            muted: this.colour("text-muted"),
            border: this.colour("border"),
            grid: this.colour("chart-grid"),
            crosshair: this.colour("chart-crosshair"),
            label: this.colour("chart-label"),
            accent: this.colour("accent"),
            warn: this.colour("warn"),
            up: this.colour("up"),
            down: this.colour("down"),
            volumeUp: this.colour("chart-volume-up"),
            volumeDown: this.colour("chart-volume-down"),
        };
    }

    /// Of the whole chart.
    chart() {
        const { surface, muted, border, grid, crosshair, label } = this.colours;
        return {
            layout: {
                background: { type: "solid", color: surface },
                textColor: muted,
                fontFamily: this.font,
                fontSize: 11,
                attributionLogo: true,
                panes: { enableResize: true, separatorColor: border, separatorHoverColor: grid },
            },
            grid: { vertLines: { color: grid }, horzLines: { color: grid } },
            crosshair: {
                mode: 0,
                vertLine: { color: crosshair, labelBackgroundColor: label },
                horzLine: { color: crosshair, labelBackgroundColor: label },
            },
            rightPriceScale: { borderColor: border },
            timeScale: { borderColor: border, rightOffset: 6, barSpacing: 8, minBarSpacing: 0.02 },
        };
    }

    /// Of the prices in a style. A price that cannot be trusted is grey.
    prices(style, stale) {
        const { up, down, accent, muted } = this.colours;
        const last = { priceLineColor: stale ? muted : "", priceLineStyle: stale ? DASHED : DOTTED };
        switch (style) {
            case "line":
                return { ...last, color: accent, lineWidth: 2 };
            case "area":
                return { ...last, lineColor: accent, lineWidth: 2, topColor: `${accent}55`, bottomColor: `${accent}00` };
            case "bars":
                return { ...last, upColor: up, downColor: down, thinBars: false };
            default:
                return {
                    ...last,
                    upColor: up,
                    downColor: down,
                    borderUpColor: up,
                    borderDownColor: down,
                    wickUpColor: up,
                    wickDownColor: down,
                };
        }
    }
}
