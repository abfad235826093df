// Draws with TradingView's Lightweight Charts, for src/chart/library.rs. It decides nothing.

const FIELDS = 6;
const DOTTED = 1;
const DASHED = 2;
const PERCENT = 2;
const BARS_PER_MS = 100;
const SLOWEST_MS = 1000;

/// The library is named by the caller and found by the page's import map, so that it is loaded only when a
/// chart is shown. The parts are classes of the scripts beside this one, which cannot import each other.
/// `told` hears what the reader does: a word and up to four numbers.
export async function openChart(library, parts, container, told) {
    return new Drawn(await import(library), parts, container, told);
}

class Drawn {
    constructor(charts, parts, container, told) {
        this.charts = charts;
        this.Zone = parts.Zone;
        this.container = container;
        this.told = told;
        this.format = { scale: 2, daily: false, seconds: false, language: "en" };
        this.zone = new this.Zone("");
        this.groups = [];
        this.count = 0;
        this.drawnAt = 0;
        this.waiting = new Map();
        this.mode = 0;
        this.stale = false;
        this.title = "";
        this.readColours();
        const Behavior = parts.zoned(charts.defaultHorzScaleBehavior(), () => (this.format.daily ? null : this.zone));
        this.chart = charts.createChartEx(container, new Behavior(), { autoSize: true, ...this.look() });
        this.volumes = this.chart.addSeries(charts.HistogramSeries, {
            priceScaleId: "",
            priceFormat: { type: "volume" },
            lastValueVisible: false,
            priceLineVisible: false,
        });
        this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
        this.alerts = new parts.AlertLines(this);
        this.addPrices("candles");
        this.chart.subscribeCrosshairMove((event) => {
            this.pointer = event.point;
            told("point", event.time ?? NaN, 0, 0, 0);
        });
        this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
            if (range && range.from < 30) told("older", 0, 0, 0, 0);
        });
        this.listen();
        this.scheme = matchMedia("(prefers-color-scheme: light)");
        this.restyled = () => this.restyle();
        this.scheme.addEventListener("change", this.restyled);
        this.sized = new ResizeObserver(() => this.placeLegends());
    }

    listen() {
        this.container.addEventListener("contextmenu", (event) => {
            event.preventDefault();
            const [x, y] = this.inside(event);
            const price = this.priceAt(x, y);
            if (Number.isFinite(price)) this.told("menu", x, y, price, this.alerts.at(y));
        });
        // Before the library hears of it: whoever takes an alert does not pan the chart.
        this.container.addEventListener("pointerdown", (event) => this.alerts.take(event), true);
        for (const name of ["mousedown", "touchstart"]) {
            this.container.addEventListener(
                name,
                (event) => {
                    if (this.alerts.held) event.stopPropagation();
                },
                true,
            );
        }
        this.container.addEventListener("pointermove", (event) => this.alerts.move(event), true);
        this.container.addEventListener("pointerup", () => this.alerts.letGo(), true);
        this.container.addEventListener("pointercancel", () => this.alerts.cancel(), true);
    }

    inside(event) {
        const box = this.container.getBoundingClientRect();
        return [event.clientX - box.left, event.clientY - box.top];
    }

    /// The price at a point of the upper pane; not a number elsewhere.
    priceAt(x, y) {
        const inside = x >= 0 && x < this.chart.timeScale().width() && y >= 0 && y < this.chart.panes()[0].getHeight();
        return inside ? (this.prices.coordinateToPrice(y) ?? NaN) : NaN;
    }

    /// The price under the crosshair.
    pointedPrice() {
        return this.pointer ? this.priceAt(this.pointer.x, this.pointer.y) : NaN;
    }

    // Prices

    addPrices(style) {
        const { CandlestickSeries, BarSeries, LineSeries, AreaSeries } = this.charts;
        const kind = { candles: CandlestickSeries, bars: BarSeries, line: LineSeries, area: AreaSeries }[style];
        this.style = style;
        this.prices = this.chart.addSeries(kind, { ...this.priceLook(), ...this.priceFormat() });
        this.prices.priceScale().applyOptions({ scaleMargins: { top: 0.16, bottom: 0.22 } });
        this.prices.attachPrimitive(this.alerts);
    }

    /// The bars have to be set again after this.
    setStyle(style) {
        if (style === this.style) return;
        this.prices.detachPrimitive(this.alerts);
        this.chart.removeSeries(this.prices);
        this.addPrices(style);
    }

    setBars(numbers, fromStart) {
        this.forgetWaiting();
        const count = numbers.length / FIELDS;
        this.count = count;
        // Without bars there is nothing that other lines could stand beside.
        if (count === 0) this.clear();
        const prices = new Array(count);
        const volumes = [];
        const point = this.point();
        for (let bar = 0, at = 0; bar < count; bar += 1, at += FIELDS) {
            prices[bar] = point(numbers, at);
            if (!Number.isNaN(numbers[at + 5])) volumes.push(this.volume(numbers, at));
        }
        this.prices.setData(prices);
        this.volumes.setData(volumes);
        if (fromStart) this.navigate("reset");
    }

    /// The library goes through a whole series for each change of it, so that a long one is drawn less often.
    updateBar(bar, earlier) {
        if (earlier) return this.drawBar(bar, true);
        // The numbers are the caller's, who takes them back.
        this.waiting.set(bar[0], bar.slice());
        if (this.timer) return;
        const wait = Math.min(SLOWEST_MS, this.count / BARS_PER_MS) - (performance.now() - this.drawnAt);
        if (wait > 0) this.timer = setTimeout(() => this.drawWaiting(), wait);
        else this.drawWaiting();
    }

    drawWaiting() {
        for (const bar of this.waiting.values()) this.drawBar(bar, false);
        this.forgetWaiting();
        this.drawnAt = performance.now();
    }

    forgetWaiting() {
        clearTimeout(this.timer);
        this.timer = undefined;
        this.waiting.clear();
    }

    drawBar(bar, earlier) {
        this.prices.update(this.point()(bar, 0), earlier);
        if (!Number.isNaN(bar[5])) this.volumes.update(this.volume(bar, 0), earlier);
    }

    point() {
        if (this.style === "line" || this.style === "area") {
            return (numbers, at) => ({ time: numbers[at], value: numbers[at + 4] });
        }
        return (numbers, at) => ({
            time: numbers[at],
            open: numbers[at + 1],
            high: numbers[at + 2],
            low: numbers[at + 3],
            close: numbers[at + 4],
        });
    }

    volume(numbers, at) {
        const { volumeUp, volumeDown } = this.colours;
        const color = numbers[at + 4] >= numbers[at + 1] ? volumeUp : volumeDown;
        return { time: numbers[at], value: numbers[at + 5], color };
    }

    showVolumes(visible) {
        this.volumes.applyOptions({ visible });
    }

    /// Nothing is left of what was drawn, so that every label of the time axis is made anew.
    clear() {
        this.forgetWaiting();
        this.prices.setData([]);
        this.volumes.setData([]);
        for (const line of this.groups.flat()) {
            line.series.setData([]);
            line.last = -Infinity;
        }
    }

    // Lines of indicators and of other instruments

    /// Each group: whether it has a pane of its own, and its lines. Their values have to be set after this.
    setGroups(text) {
        for (const line of this.groups.flat()) this.chart.removeSeries(line.series);
        for (let pane = this.chart.panes().length - 1; pane > 0; pane -= 1) this.chart.removePane(pane);
        let panes = 1;
        this.groups = JSON.parse(text).map((group) => {
            const pane = group.own ? panes++ : 0;
            const lines = group.lines.map((line) => this.addLine(line, group, pane));
            for (const price of group.levels) {
                lines[0].series.createPriceLine({
                    price,
                    color: this.colours.crosshair,
                    lineWidth: 1,
                    lineStyle: DOTTED,
                    axisLabelVisible: false,
                });
            }
            return lines;
        });
        this.chart.panes().forEach((pane, index) => pane.setStretchFactor(index === 0 ? 3 : 1));
        this.setScale(this.mode);
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
            return { ...known, series: this.chart.addSeries(this.charts.HistogramSeries, common, pane) };
        }
        const series = this.chart.addSeries(
            this.charts.LineSeries,
            {
                ...common,
                color: this.colour(line.colour),
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
        return { time, value, color: value >= 0 ? this.colours.volumeUp : this.colours.volumeDown };
    }

    watchPanes() {
        this.sized.disconnect();
        for (const pane of this.chart.panes()) {
            const element = pane.getHTMLElement();
            if (element) this.sized.observe(element);
        }
        this.placeLegends();
    }

    /// The legends of the lower panes stand at the top of theirs.
    placeLegends() {
        const tops = [0];
        for (const pane of this.chart.panes()) tops.push(tops.at(-1) + pane.getHeight() + 1);
        for (const legend of this.container.parentElement?.querySelectorAll("[data-pane]") ?? []) {
            legend.style.top = `${tops[Number(legend.dataset.pane)] ?? 0}px`;
        }
    }

    // How it looks

    setFormat(scale, minMove, span, language, zone) {
        this.format = { scale, minMove, daily: span === "days", seconds: span === "seconds", language };
        this.zone = new this.Zone(zone);
        this.prices.applyOptions(this.priceFormat());
        this.chart.applyOptions({
            localization: { locale: language, timeFormatter: (time) => this.moment(time) },
            timeScale: {
                timeVisible: !this.format.daily,
                secondsVisible: this.format.seconds,
                tickMarkFormatter: (time, kind) => this.tick(time, kind),
            },
        });
    }

    priceFormat() {
        const { scale, minMove } = this.format;
        return { priceFormat: { type: "price", precision: scale, minMove: minMove ?? 10 ** -scale } };
    }

    /// 0 is linear, 1 logarithmic, 2 percent. In percent the library counts every line from its own first
    /// value, so that an indicator would stand beside the prices that it belongs to: it is not drawn then.
    setScale(mode) {
        this.mode = mode;
        this.chart.priceScale("right", 0).applyOptions({ mode });
        for (let pane = 1; pane < this.chart.panes().length; pane += 1) {
            this.chart.priceScale("right", pane).applyOptions({ mode: 0 });
        }
        for (const line of this.groups.flat()) {
            if (line.overlay) line.series.applyOptions({ visible: mode !== PERCENT });
        }
    }

    setAlerts(text) {
        this.alerts.set(JSON.parse(text));
    }

    /// A price that cannot be trusted is grey.
    setTrust(stale) {
        this.stale = stale;
        this.prices.applyOptions(this.priceLook());
    }

    /// Stands beside the last price.
    setTitle(title) {
        if (title === this.title) return;
        this.title = title;
        this.prices.applyOptions({ title });
    }

    restyle() {
        const before = this.colours;
        this.readColours();
        this.chart.applyOptions(this.look());
        this.prices.applyOptions(this.priceLook());
        const recolour = (bar) => {
            if (bar.color === undefined) return bar;
            const color = bar.color === before.volumeUp ? this.colours.volumeUp : this.colours.volumeDown;
            return { ...bar, color };
        };
        this.volumes.setData(this.volumes.data().map(recolour));
        for (const line of this.groups.flat()) {
            if (line.style === "histogram") line.series.setData(line.series.data().map(recolour));
            else line.series.applyOptions({ color: this.colour(line.colour) });
        }
    }

    close() {
        this.forgetWaiting();
        this.scheme.removeEventListener("change", this.restyled);
        this.sized.disconnect();
        this.chart.remove();
    }

    /// The colours are those of the style sheet's tokens.
    colour(name) {
        return getComputedStyle(this.container).getPropertyValue(`--${name}`).trim();
    }

    readColours() {
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

    look() {
        const { surface, muted, border, grid, crosshair, label } = this.colours;
        return {
            layout: {
                background: { type: "solid", color: surface },
                textColor: muted,
                fontFamily: getComputedStyle(this.container).fontFamily,
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

    priceLook() {
        const { up, down, accent, muted } = this.colours;
        const last = { priceLineColor: this.stale ? muted : "", priceLineStyle: this.stale ? DASHED : DOTTED, title: this.title };
        switch (this.style) {
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

    // Where the reader is

    navigate(way) {
        const scale = this.chart.timeScale();
        const range = scale.getVisibleLogicalRange();
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

    /// Saves what is drawn as a picture, with a line above that says what it is.
    screenshot(name, heading, detail) {
        const picture = this.chart.takeScreenshot(true, false);
        const ratio = picture.width / Math.max(1, this.container.clientWidth);
        const head = Math.round(34 * ratio);
        const canvas = document.createElement("canvas");
        canvas.width = picture.width;
        canvas.height = picture.height + head;
        const context = canvas.getContext("2d");
        context.fillStyle = this.colours.surface;
        context.fillRect(0, 0, canvas.width, canvas.height);
        const font = getComputedStyle(this.container).fontFamily;
        context.textBaseline = "middle";
        context.font = `600 ${14 * ratio}px ${font}`;
        context.fillStyle = this.colours.text;
        context.fillText(heading, 12 * ratio, head / 2);
        context.font = `${11 * ratio}px ${font}`;
        context.fillStyle = this.colours.muted;
        context.textAlign = "right";
        context.fillText(detail, canvas.width - 12 * ratio, head / 2);
        context.drawImage(picture, 0, head);
        canvas.toBlob((blob) => {
            const link = document.createElement("a");
            link.href = URL.createObjectURL(blob);
            link.download = name;
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 10000);
        });
    }

    // Times

    /// Under the crosshair. A day's bar has a date, which is the same in every zone.
    moment(time) {
        const { daily, seconds, language } = this.format;
        if (daily) {
            return this.zone.utc(time, language, { weekday: "short", year: "numeric", month: "short", day: "numeric" });
        }
        const clock = { weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
        return this.zone.format(time, language, seconds ? { ...clock, second: "2-digit" } : clock);
    }

    /// On the time axis; the kinds are year, month, day, time, time with seconds.
    tick(time, kind) {
        const style = [
            { year: "numeric" },
            { month: "short" },
            { day: "numeric", month: "short" },
            { hour: "2-digit", minute: "2-digit" },
            { hour: "2-digit", minute: "2-digit", second: "2-digit" },
        ][kind];
        const { daily, language } = this.format;
        return daily ? this.zone.utc(time, language, style) : this.zone.format(time, language, style);
    }
}
