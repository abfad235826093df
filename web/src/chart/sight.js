// What the reader has in sight, for src/chart/bridge.js.

/// How many bars before the oldest one the reader is told to come near it.
const NEAR = 30;

/// What the chart needs of this.
export function addSight(parts) {
    parts.Sight = Sight;
}

class Sight {
    constructor(chart, told) {
        this.chart = chart;
        const scale = chart.timeScale();
        scale.subscribeVisibleLogicalRangeChange((range) => {
            if (range && range.from < NEAR) told("older", 0, 0, 0, 0);
        });
        scale.subscribeVisibleTimeRangeChange((range) => told("sight", range?.from ?? NaN, range?.to ?? NaN, 0, 0));
    }

    navigate(way) {
        const scale = this.chart.timeScale();
        const range = scale.getVisibleLogicalRange();
        // Before there is a bar there is nowhere to go.
        if (!range && way !== "reset" && way !== "fit") return;
        const width = range ? range.to - range.from : 0;
        const show = (from, to) => scale.setVisibleLogicalRange({ from, to });
        switch (way) {
            case "reset":
                this.chart.priceScale("right", 0).applyOptions({ autoScale: true });
                scale.resetTimeScale();
                scale.scrollToRealTime();
                break;
            case "fit":
                this.chart.priceScale("right", 0).applyOptions({ autoScale: true });
                scale.fitContent();
                break;
            case "newest":
                scale.scrollToRealTime();
                break;
            case "oldest":
                show(0, width);
                break;
            case "left":
                show(range.from - width / 10, range.to - width / 10);
                break;
            case "right":
                show(range.from + width / 10, range.to + width / 10);
                break;
            case "in":
                if (width > 8) show(range.from + width / 5, range.to);
                break;
            case "out":
                show(range.from - width / 4, range.to);
                break;
        }
    }

    /// Shows the bar of this time a little left of the middle.
    goTo(time) {
        const scale = this.chart.timeScale();
        const range = scale.getVisibleLogicalRange();
        const index = scale.timeToIndex(time, true);
        if (index === null || !range) return;
        const width = range.to - range.from;
        scale.setVisibleLogicalRange({ from: index - width / 3, to: index + (2 * width) / 3 });
    }
}
