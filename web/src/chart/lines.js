// Lines of indicators and of other instruments, and the panes and legends of those, for src/chart/bridge.js.

const DOTTED = 1;
const DASHED = 2;
const PERCENT = 2;

/// What the chart needs of this.
export function addLines(parts) {
    parts.Lines = Lines;
}

class Lines {
    constructor(drawn) {
        this.drawn = drawn;
        this.groups = [];
        this.sized = new ResizeObserver(() => this.placeLegends());
    }

    /// Each group: whether it has a pane of its own, and its lines. Their values have to be set after this.
    set(text) {
        for (const line of this.groups.flat()) this.drawn.chart.removeSeries(line.series);
        for (let pane = this.drawn.chart.panes().length - 1; pane > 0; pane -= 1) this.drawn.chart.removePane(pane);
        let panes = 1;
        this.groups = JSON.parse(text).map((group) => {
            const pane = group.own ? panes++ : 0;
            const lines = group.lines.map((line) => this.addLine(line, group, pane));
            for (const price of group.levels) {
                lines[0].series.createPriceLine({
                    price,
                    color: this.drawn.look.colours.crosshair,
                    lineWidth: 1,
                    lineStyle: DOTTED,
                    axisLabelVisible: false,
                });
            }
            return lines;
        });
        this.drawn.chart.panes().forEach((pane, index) => pane.setStretchFactor(index === 0 ? 3 : 1));
        this.setMode(this.drawn.mode);
        requestAnimationFrame(() => this.watchPanes());
    }

    addLine(line, group, pane) {
        const common = {
            priceLineVisible: false,
            lastValueVisible: group.own || group.compared,
            title: group.compared ? line.title : "",
            priceFormat: { type: "price", precision: group.precision, minMove: 10 ** -group.precision },
        };
        const known = { ...line, overlay: !group.own && !group.compared, last: -Infinity };
        if (group.large) common.priceFormat = { type: "volume" };
        if (line.style === "histogram") {
            return { ...known, series: this.drawn.chart.addSeries(this.drawn.charts.HistogramSeries, common, pane) };
        }
        const series = this.drawn.chart.addSeries(
            this.drawn.charts.LineSeries,
            {
                ...common,
                color: this.drawn.look.colour(line.colour),
                lineWidth: line.style === "thin" ? 1 : 2,
                lineStyle: line.style === "dashed" ? DASHED : 0,
                crosshairMarkerRadius: 3,
            },
            pane,
        );
        return { ...known, series };
    }

    /// Time and value by turns; a value that is not a number leaves a hole.
    setLine(group, line, numbers) {
        const target = this.groups[group]?.[line];
        if (!target) return;
        const data = new Array(numbers.length / 2);
        for (let point = 0; point < data.length; point += 1) {
            data[point] = this.linePoint(target, numbers[point * 2], numbers[point * 2 + 1]);
        }
        target.series.setData(data);
        target.last = data.at(-1)?.time ?? -Infinity;
    }

    updateLine(group, line, time, value) {
        const target = this.groups[group]?.[line];
        if (!target) return;
        target.series.update(this.linePoint(target, time, value), time < target.last);
        target.last = Math.max(target.last, time);
    }

    linePoint(line, time, value) {
        if (Number.isNaN(value)) return { time };
        if (line.style !== "histogram") return { time, value };
        return { time, value, color: value >= 0 ? this.drawn.look.colours.volumeUp : this.drawn.look.colours.volumeDown };
    }

    watchPanes() {
        this.sized.disconnect();
        for (const pane of this.drawn.chart.panes()) {
            const element = pane.getHTMLElement();
            if (element) this.sized.observe(element);
        }
        this.placeLegends();
    }

    /// The legends of the lower panes stand at the top of theirs.
    placeLegends() {
        const tops = [0];
        for (const pane of this.drawn.chart.panes()) tops.push(tops.at(-1) + pane.getHeight() + 1);
        for (const legend of this.drawn.container.parentElement?.querySelectorAll("[data-pane]") ?? []) {
            legend.style.top = `${tops[Number(legend.dataset.pane)] ?? 0}px`;
        }
    }

    /// In percent the library counts every line from its own first value, so that an indicator would stand
    /// beside the prices that it belongs to: it is not drawn then.
    setMode(mode) {
        for (let pane = 1; pane < this.drawn.chart.panes().length; pane += 1) {
            this.drawn.chart.priceScale("right", pane).applyOptions({ mode: 0 });
        }
        for (const line of this.groups.flat()) {
            if (line.overlay) line.series.applyOptions({ visible: mode !== PERCENT });
        }
    }

    restyle(recolour) {
        for (const line of this.groups.flat()) {
            if (line.style === "histogram") line.series.setData(line.series.data().map(recolour));
            else line.series.applyOptions({ color: this.drawn.look.colour(line.colour) });
        }
    }

    /// Nothing is left of what was drawn.
    clear() {
        for (const line of this.groups.flat()) {
            line.series.setData([]);
            line.last = -Infinity;
        }
    }

    close() {
        this.sized.disconnect();
    }
}
