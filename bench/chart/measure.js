// What `cargo xtask bench chart` measures in a page without a server: the dashboard's own drawing scripts, and the bare
// library beside them, over the same bars.

const SCRIPTS = ["alert_lines", "lines", "look", "picture", "sight", "volume_profile", "zone"];
const FIELDS = 6;

const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/// Bars of a minute up to now: second, open, high, low, close and volume by turns. The same in each run.
function bars(count) {
    const numbers = new Float64Array(count * FIELDS);
    const start = Math.floor(Date.now() / 60000) * 60 - count * 60;
    let seed = 1;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    let price = 100;
    for (let bar = 0; bar < count; bar += 1) {
        const open = price;
        price = Math.max(1, price + (random() - 0.5) * 0.2);
        const [high, low] = [Math.max(open, price) + 0.05, Math.min(open, price) - 0.05];
        numbers.set([start + bar * 60, open, high, low, price, 1000 * random()], bar * FIELDS);
    }
    return numbers;
}

/// The dashboard's chart.
async function ours(container) {
    const parts = {};
    for (const name of SCRIPTS) Object.values(await import(`/${name}.js`))[0](parts);
    const { openChart } = await import("/bridge.js");
    const chart = await openChart("lightweight-charts", parts, container, () => {});
    chart.setFormat(2, 0.01, "minutes", "en", "America/New_York");
    return {
        set: (numbers) => chart.setBars(numbers, true),
        update: (bar) => chart.updateBar(bar, false),
        close: () => chart.close(),
    };
}

/// The library as its documentation shows it: candles, and the volume in columns beneath them.
async function bare(container) {
    const { createChart, CandlestickSeries, HistogramSeries } = await import("lightweight-charts");
    const chart = createChart(container, { autoSize: true, timeScale: { timeVisible: true } });
    const prices = chart.addSeries(CandlestickSeries);
    const volumes = chart.addSeries(HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" } });
    volumes.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    const point = (numbers, at) => {
        const [time, open, high, low, close] = numbers.subarray(at, at + FIELDS);
        return { time, open, high, low, close };
    };
    const volume = (numbers, at) => ({ time: numbers[at], value: numbers[at + 5] });
    const all = (numbers, make) => Array.from({ length: numbers.length / FIELDS }, (_, bar) => make(numbers, bar * FIELDS));
    return {
        set: (numbers) => {
            prices.setData(all(numbers, point));
            volumes.setData(all(numbers, volume));
        },
        update: (bar) => {
            prices.update(point(bar, 0));
            volumes.update(volume(bar, 0));
        },
        close: () => chart.remove(),
    };
}

const KINDS = { ours, bare };

async function open(kind) {
    const cell = document.body.appendChild(document.createElement("div"));
    const chart = await KINDS[kind](cell.appendChild(document.createElement("div")));
    return { ...chart, close: () => (chart.close(), cell.remove()) };
}

/// Milliseconds from having the bars until they are on the screen.
window.load = async (kind, count) => {
    const [chart, numbers] = [await open(kind), bars(count)];
    await frame();
    const began = performance.now();
    chart.set(numbers);
    await frame();
    const took = performance.now() - began;
    chart.close();
    return took;
};

/// Opens charts with so many bars each.
window.show = async (kind, charts, count) => {
    const numbers = bars(count);
    window.shown = await Promise.all(Array.from({ length: charts }, () => open(kind)));
    for (const chart of window.shown) chart.set(numbers);
    window.last = numbers.slice(-FIELDS);
    await frame();
};

/// Changes the newest bar of each chart at each frame, between two marks; says how many frames there were.
window.run = (seconds) =>
    new Promise((done) => {
        const [bar, ends] = [window.last, performance.now() + seconds * 1000];
        let frames = 0;
        performance.mark("bench-begin");
        const step = () => {
            if (performance.now() >= ends) {
                performance.mark("bench-end");
                return done(frames);
            }
            frames += 1;
            bar[4] += frames % 3 ? 0.01 : -0.02;
            bar[2] = Math.max(bar[2], bar[4]);
            bar[3] = Math.min(bar[3], bar[4]);
            for (const chart of window.shown) chart.update(bar);
            requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
    });

window.clear = () => {
    for (const chart of window.shown) chart.close();
};

window.ready = true;
