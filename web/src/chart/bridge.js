// Draws with TradingView's Lightweight Charts, for src/chart/library.rs. It decides nothing.

const FIELDS = 6;

/// How long a chart stands still at the least: nobody reads more than some twenty prices a second.
const FASTEST_MS = 45;

/// How much longer a long one does, and the most.
const BARS_PER_MS = 50;
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
        this.savePicture = parts.savePicture;
        this.format = { scale: 2, daily: false, seconds: false, language: "en" };
        this.zone = new this.Zone("");
        this.count = 0;
        this.drawnAt = 0;
        this.waiting = new Map();
        this.mode = 0;
        this.stale = false;
        this.title = "";
        this.look = new parts.Look(container);
        const Behavior = parts.zoned(charts.defaultHorzScaleBehavior(), () => (this.format.daily ? null : this.zone));
        this.chart = charts.createChartEx(container, new Behavior(), { autoSize: true, ...this.look.chart() });
        this.volumes = this.chart.addSeries(charts.HistogramSeries, {
            priceScaleId: "",
            priceFormat: { type: "volume" },
            lastValueVisible: false,
            priceLineVisible: false,
        });
        this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
        this.sight = new parts.Sight(this.chart, told);
        this.alerts = new parts.AlertLines(this);
        this.profile = new parts.VolumeProfile(this);
        this.lines = new parts.Lines(this);
        this.addPrices("candles");
        this.chart.subscribeCrosshairMove((event) => {
            this.pointer = event.point;
            told("point", event.time ?? NaN, 0, 0, 0);
        });
        this.listen();
        this.scheme = matchMedia("(prefers-color-scheme: light)");
        this.restyled = () => this.restyle();
        this.scheme.addEventListener("change", this.restyled);
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
        for (const part of [this.profile, this.alerts]) this.prices.attachPrimitive(part);
    }

    /// The bars have to be set again after this.
    setStyle(style) {
        if (style === this.style) return;
        for (const part of [this.profile, this.alerts]) this.prices.detachPrimitive(part);
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

    /// The library makes an item of every bar anew at each change of a series, wherever the reader is, and paints
    /// the whole chart: so it is not done at each frame, and with a long series less often.
    updateBar(bar, earlier) {
        if (earlier) return this.drawBar(bar, true);
        // The numbers are the caller's, who takes them back.
        this.waiting.set(bar[0], bar.slice());
        if (this.timer) return;
        const pause = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, this.count / BARS_PER_MS));
        const wait = pause - (performance.now() - this.drawnAt);
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
        const { volumeUp, volumeDown } = this.look.colours;
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
        this.lines.clear();
    }

    // What stands beside the prices

    setGroups(text) {
        this.lines.set(text);
    }

    setLine(group, line, numbers) {
        this.lines.setLine(group, line, numbers);
    }

    updateLine(group, line, time, value) {
        this.lines.updateLine(group, line, time, value);
    }

    placeLegends() {
        this.lines.placeLegends();
    }

    setAlerts(text) {
        this.alerts.set(JSON.parse(text));
    }

    setProfile(rows, control, low, high) {
        this.profile.set(rows, control, low, high);
    }

    // How it looks

    setFormat(scale, minMove, span, language, zone) {
        this.format = { scale, minMove, daily: span === "days", seconds: span === "seconds", language };
        this.zone = new this.Zone(zone);
        this.prices.applyOptions(this.priceFormat());
        this.chart.applyOptions({
            localization: { locale: language, timeFormatter: (time) => this.zone.moment(time, this.format) },
            timeScale: {
                timeVisible: !this.format.daily,
                secondsVisible: this.format.seconds,
                tickMarkFormatter: (time, kind) => this.zone.tick(time, kind, this.format),
            },
        });
    }

    priceFormat() {
        const { scale, minMove } = this.format;
        return { priceFormat: { type: "price", precision: scale, minMove: minMove ?? 10 ** -scale } };
    }

    priceLook() {
        return { ...this.look.prices(this.style, this.stale), title: this.title };
    }

    /// 0 is linear, 1 logarithmic, 2 percent.
    setScale(mode) {
        this.mode = mode;
        this.chart.priceScale("right", 0).applyOptions({ mode });
        this.lines.setMode(mode);
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
        const before = this.look.colours;
        this.look.read();
        const { colours } = this.look;
        this.chart.applyOptions(this.look.chart());
        this.prices.applyOptions(this.priceLook());
        const recolour = (bar) => {
            if (bar.color === undefined) return bar;
            return { ...bar, color: bar.color === before.volumeUp ? colours.volumeUp : colours.volumeDown };
        };
        this.volumes.setData(this.volumes.data().map(recolour));
        this.lines.restyle(recolour);
    }

    screenshot(name, heading, detail) {
        this.savePicture(this, name, heading, detail);
    }

    close() {
        this.forgetWaiting();
        this.scheme.removeEventListener("change", this.restyled);
        this.lines.close();
        this.chart.remove();
    }

    navigate(way) {
        this.sight.navigate(way);
    }

    goTo(time) {
        this.sight.goTo(time);
    }
}
