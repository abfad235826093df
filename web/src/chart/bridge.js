// Draws bars with TradingView's Lightweight Charts, for src/chart/library.rs. It decides nothing.

const FIELDS = 6;

/// The library is named by the caller and found by the page's import map, so that it is loaded only when a
/// chart is shown.
export async function openChart(library, container, pointed, needsOlder) {
    return new Drawn(await import(library), container, pointed, needsOlder);
}

class Drawn {
    constructor(charts, container, pointed, needsOlder) {
        this.container = container;
        this.format = { daily: false, seconds: false, language: "en" };
        this.chart = charts.createChart(container, { autoSize: true, ...this.look() });
        this.candles = this.chart.addSeries(charts.CandlestickSeries, this.candleLook());
        this.volumes = this.chart.addSeries(charts.HistogramSeries, {
            priceScaleId: "",
            priceFormat: { type: "volume" },
            lastValueVisible: false,
            priceLineVisible: false,
        });
        this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.18, bottom: 0.24 } });
        this.rising = new Map();
        this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
        this.chart.subscribeCrosshairMove((event) => pointed(event.time ?? NaN));
        this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
            if (range && range.from < 30) needsOlder();
        });
        this.scheme = matchMedia("(prefers-color-scheme: light)");
        this.restyled = () => this.restyle();
        this.scheme.addEventListener("change", this.restyled);
    }

    setBars(numbers, fromStart) {
        const candles = [];
        const volumes = [];
        this.rising = new Map();
        for (let at = 0; at < numbers.length; at += FIELDS) {
            const bar = numbers.subarray(at, at + FIELDS);
            candles.push(candle(bar));
            if (!Number.isNaN(bar[5])) volumes.push(this.volume(bar));
        }
        this.candles.setData(candles);
        this.volumes.setData(volumes);
        if (fromStart) {
            this.chart.priceScale("right").applyOptions({ autoScale: true });
            this.chart.timeScale().resetTimeScale();
            this.chart.timeScale().scrollToRealTime();
        }
    }

    updateBar(bar, earlier) {
        this.candles.update(candle(bar), earlier);
        if (!Number.isNaN(bar[5])) this.volumes.update(this.volume(bar), earlier);
    }

    setFormat(scale, daily, seconds, language) {
        this.format = { daily, seconds, language };
        this.candles.applyOptions({ priceFormat: { type: "price", precision: scale, minMove: 10 ** -scale } });
        this.chart.applyOptions({
            localization: { locale: language, timeFormatter: (time) => this.moment(time) },
            timeScale: {
                timeVisible: !daily,
                secondsVisible: seconds,
                tickMarkFormatter: (time, kind) => this.tick(time, kind),
            },
        });
    }

    restyle() {
        this.chart.applyOptions(this.look());
        this.candles.applyOptions(this.candleLook());
        this.volumes.setData(
            this.volumes.data().map((bar) => ({ ...bar, color: this.volumeColour(this.rising.get(bar.time)) })),
        );
    }

    close() {
        this.scheme.removeEventListener("change", this.restyled);
        this.chart.remove();
    }

    /// The colours are those of the style sheet's tokens.
    colour(name) {
        return getComputedStyle(this.container).getPropertyValue(`--${name}`).trim();
    }

    look() {
        return {
            layout: {
                background: { type: "solid", color: this.colour("surface") },
                textColor: this.colour("text-muted"),
                fontFamily: getComputedStyle(this.container).fontFamily,
                fontSize: 11,
                attributionLogo: true,
            },
            grid: {
                vertLines: { color: this.colour("chart-grid") },
                horzLines: { color: this.colour("chart-grid") },
            },
            crosshair: {
                mode: 0,
                vertLine: { color: this.colour("chart-crosshair"), labelBackgroundColor: this.colour("chart-label") },
                horzLine: { color: this.colour("chart-crosshair"), labelBackgroundColor: this.colour("chart-label") },
            },
            rightPriceScale: { borderColor: this.colour("border") },
            timeScale: { borderColor: this.colour("border"), rightOffset: 6, barSpacing: 8, minBarSpacing: 1 },
        };
    }

    candleLook() {
        const [up, down] = [this.colour("up"), this.colour("down")];
        return {
            upColor: up,
            downColor: down,
            borderUpColor: up,
            borderDownColor: down,
            wickUpColor: up,
            wickDownColor: down,
        };
    }

    volume([time, open, , , close, value]) {
        const rising = close >= open;
        this.rising.set(time, rising);
        return { time, value, color: this.volumeColour(rising) };
    }

    volumeColour(rising) {
        return this.colour(rising ? "chart-volume-up" : "chart-volume-down");
    }

    /// Under the crosshair. A day's bar has a date, which is the same in every zone.
    moment(time) {
        const date = new Date(time * 1000);
        const day = { weekday: "short", year: "numeric", month: "short", day: "numeric" };
        if (this.format.daily) {
            return date.toLocaleDateString(this.format.language, { ...day, timeZone: "UTC" });
        }
        const clock = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
        const second = this.format.seconds ? { second: "2-digit" } : {};
        return date.toLocaleString(this.format.language, { ...clock, ...second });
    }

    /// On the time axis; the kinds are year, month, day, time, time with seconds.
    tick(time, kind) {
        const date = new Date(time * 1000);
        const zone = this.format.daily ? { timeZone: "UTC" } : {};
        const style = [
            { year: "numeric" },
            { month: "short" },
            { day: "numeric", month: "short" },
            { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
            { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
        ][kind];
        return date.toLocaleString(this.format.language, { ...style, ...zone });
    }
}

function candle([time, open, high, low, close]) {
    return { time, open, high, low, close };
}
