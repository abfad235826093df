// Price alerts as lines with a bell, which can be dragged, for src/chart/bridge.js.

/// How far from a line it can be taken, in pixels.
const NEAR = 5;

const BELL = new Path2D(
    "M8 2a4 4 0 0 0-4 4c0 4-1.5 5-1.5 5h11S12 10 12 6a4 4 0 0 0-4-4ZM6.75 13.5a1.4 1.4 0 0 0 2.5 0",
);

/// What the chart needs of this.
export function addAlertLines(parts) {
    parts.AlertLines = AlertLines;
}

/// A primitive of the library: it draws over the prices.
class AlertLines {
    constructor(drawn) {
        this.drawn = drawn;
        this.alerts = [];
        this.held = null;
        this.views = [{ zOrder: () => "top", renderer: () => ({ draw: (target) => this.draw(target) }) }];
    }

    attached({ requestUpdate }) {
        this.requestUpdate = requestUpdate;
    }

    detached() {
        this.requestUpdate = undefined;
    }

    /// Each alert: its price, its price in words, what to say beside the bell, and whether it watches.
    set(alerts) {
        this.alerts = alerts;
        this.axis = alerts.map((_, index) => this.axisView(index));
        this.requestUpdate?.();
    }

    paneViews() {
        return this.views;
    }

    priceAxisViews() {
        return this.axis ?? [];
    }

    axisView(index) {
        return {
            coordinate: () => this.coordinate(index) ?? -100,
            text: () => this.words(index),
            textColor: () => this.drawn.look.colours.surface,
            backColor: () => this.colour(this.alerts[index]),
            visible: () => index < this.alerts.length && this.coordinate(index) !== null,
            tickVisible: () => true,
        };
    }

    price(index) {
        return this.held?.index === index ? this.held.price : this.alerts[index]?.price;
    }

    words(index) {
        const price = this.price(index);
        return this.held?.index === index ? price.toFixed(this.drawn.format.scale) : (this.alerts[index]?.words ?? "");
    }

    coordinate(index) {
        const price = this.price(index);
        return price === undefined ? null : this.drawn.prices.priceToCoordinate(price);
    }

    colour(alert) {
        return alert?.watching ? this.drawn.look.colours.warn : this.drawn.look.colours.crosshair;
    }

    draw(target) {
        target.useMediaCoordinateSpace(({ context, mediaSize }) => {
            this.alerts.forEach((alert, index) => {
                const y = this.coordinate(index);
                if (y === null || y < 0 || y > mediaSize.height) return;
                const colour = this.colour(alert);
                const line = Math.round(y) + 0.5;
                context.save();
                context.strokeStyle = colour;
                context.fillStyle = colour;
                context.lineWidth = this.held?.index === index ? 2 : 1;
                context.setLineDash([6, 4]);
                context.beginPath();
                context.moveTo(0, line);
                context.lineTo(mediaSize.width, line);
                context.stroke();
                context.setLineDash([]);
                context.font = `11px ${this.drawn.look.font}`;
                const width = 26 + context.measureText(alert.label).width;
                const left = mediaSize.width - width - 8;
                context.fillStyle = this.drawn.look.colours.surface;
                context.fillRect(left, line - 9, width, 18);
                context.strokeRect(left + 0.5, line - 9, width, 18);
                context.fillStyle = colour;
                context.textBaseline = "middle";
                context.fillText(alert.label, left + 21, line + 0.5);
                context.translate(left + 4, line - 7);
                context.scale(0.875, 0.875);
                context.lineWidth = 1.4;
                context.stroke(BELL);
                context.restore();
            });
        });
    }

    /// The alert whose line is near; -1 where there is none.
    at(y) {
        let [found, least] = [-1, NEAR + 1];
        this.alerts.forEach((_, index) => {
            const distance = Math.abs((this.coordinate(index) ?? Infinity) - y);
            if (distance < least) [found, least] = [index, distance];
        });
        return found;
    }

    hitTest(x, y) {
        const index = this.at(y);
        if (index < 0) return null;
        return { externalId: `alert-${index}`, cursorStyle: "ns-resize", zOrder: "top", distance: 0 };
    }

    take(event) {
        const [x, y] = this.drawn.inside(event);
        if (event.button !== 0 || Number.isNaN(this.drawn.priceAt(x, y))) return;
        const index = this.at(y);
        if (index < 0) return;
        this.held = { index, from: y, price: this.alerts[index].price, moved: false };
        this.drawn.container.setPointerCapture(event.pointerId);
        event.stopPropagation();
    }

    move(event) {
        if (!this.held) return;
        const [x, y] = this.drawn.inside(event);
        const price = this.drawn.priceAt(Math.max(0, Math.min(x, this.drawn.chart.timeScale().width() - 1)), y);
        if (Number.isNaN(price) || (!this.held.moved && Math.abs(y - this.held.from) < 3)) return;
        this.held.moved = true;
        this.held.price = price;
        this.requestUpdate?.();
    }

    letGo() {
        const held = this.held;
        this.held = null;
        if (!held) return;
        if (held.moved) {
            // Until the server has answered, it stays where it was put.
            this.alerts[held.index] = { ...this.alerts[held.index], price: held.price };
            this.drawn.told("moved", held.index, held.price, 0, 0);
        }
        this.requestUpdate?.();
    }

    cancel() {
        this.held = null;
        this.requestUpdate?.();
    }
}
