// The volume profile as bars at the side of the price scale, for src/chart/bridge.js.

const FIELDS = 3;

/// How much of the pane's width the longest bar takes.
const WIDEST = 0.25;

/// What the chart needs of this.
export function addVolumeProfile(parts) {
    parts.VolumeProfile = VolumeProfile;
}

/// A primitive of the library: it draws beneath the prices, except for the line of the point of control.
class VolumeProfile {
    constructor(drawn) {
        this.drawn = drawn;
        this.rows = [];
        const view = (zOrder, draw) => ({ zOrder: () => zOrder, renderer: () => ({ draw }) });
        this.views = [
            view("bottom", (target) => this.draw(target, (...place) => this.drawRows(...place))),
            view("normal", (target) => this.draw(target, (...place) => this.drawControl(...place))),
        ];
        this.axis = [
            {
                coordinate: () => this.coordinate(this.control) ?? -100,
                text: () => "POC",
                textColor: () => drawn.look.colours.surface,
                backColor: () => drawn.look.colours.accent,
                visible: () => this.rows.length > 0 && this.coordinate(this.control) !== null,
                tickVisible: () => false,
            },
        ];
    }

    attached({ requestUpdate }) {
        this.requestUpdate = requestUpdate;
    }

    detached() {
        this.requestUpdate = undefined;
    }

    /// The numbers: lowest price, highest price and volume of each row by turns. Then the point of control,
    /// and the lowest and the highest price of the value area.
    set(numbers, control, low, high) {
        Object.assign(this, { control, low, high, rows: [] });
        for (let at = 0; at < numbers.length; at += FIELDS) {
            this.rows.push({ low: numbers[at], high: numbers[at + 1], volume: numbers[at + 2] });
        }
        this.most = Math.max(...this.rows.map((row) => row.volume));
        this.requestUpdate?.();
    }

    paneViews() {
        return this.views;
    }

    priceAxisViews() {
        return this.axis;
    }

    coordinate(price) {
        return this.drawn.prices.priceToCoordinate(price);
    }

    draw(target, draw) {
        if (this.rows.length === 0) return;
        target.useMediaCoordinateSpace(({ context, mediaSize }) => {
            context.save();
            draw(context, mediaSize);
            context.restore();
        });
    }

    drawRows(context, { width }) {
        const { accent, muted } = this.drawn.look.colours;
        for (const { low, high, volume } of this.rows) {
            const [bottom, top] = [this.coordinate(low), this.coordinate(high)];
            if (bottom === null || top === null || volume === 0) continue;
            // A line between two rows, where they are not too low for that.
            const gap = bottom - top > 3 ? 1 : 0;
            const length = Math.max(1, (volume / this.most) * width * WIDEST);
            const valued = low >= this.low && high <= this.high;
            context.fillStyle = valued ? accent : muted;
            context.globalAlpha = low <= this.control && this.control <= high ? 0.6 : valued ? 0.32 : 0.22;
            context.fillRect(width - length, top, length, Math.max(1, bottom - top - gap));
        }
    }

    drawControl(context, { width }) {
        const { accent } = this.drawn.look.colours;
        const y = this.coordinate(this.control);
        if (y === null) return;
        context.strokeStyle = accent;
        context.globalAlpha = 0.7;
        context.setLineDash([2, 3]);
        context.beginPath();
        context.moveTo(0, Math.round(y) + 0.5);
        context.lineTo(width, Math.round(y) + 0.5);
        context.stroke();
    }
}
