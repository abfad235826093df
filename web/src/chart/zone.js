// Times of the chart's axis in the reader's zone, for src/chart/bridge.js.

const QUARTER = 900;

/// What the chart needs of this.
export function addZone(parts) {
    parts.Zone = Zone;
    parts.zoned = zoned;
}

/// A time zone by its name; the machine's own where the name is empty.
class Zone {
    constructor(name) {
        this.name = name;
        this.offsets = new Map();
        this.formats = new Map();
    }

    format(time, language, options) {
        return this.formatter(this.name, language, options).format(time * 1000);
    }

    utc(time, language, options) {
        return this.formatter("UTC", language, options).format(time * 1000);
    }

    /// Under the crosshair. A day's bar has a date, which is the same in every zone.
    moment(time, { daily, seconds, language }) {
        if (daily) {
            return this.utc(time, language, { weekday: "short", year: "numeric", month: "short", day: "numeric" });
        }
        const clock = { weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
        return this.format(time, language, seconds ? { ...clock, second: "2-digit" } : clock);
    }

    /// On the time axis; the kinds are year, month, day, time, time with seconds.
    tick(time, kind, { daily, language }) {
        const style = [
            { year: "numeric" },
            { month: "short" },
            { day: "numeric", month: "short" },
            { hour: "2-digit", minute: "2-digit" },
            { hour: "2-digit", minute: "2-digit", second: "2-digit" },
        ][kind];
        return daily ? this.utc(time, language, style) : this.format(time, language, style);
    }

    // Making a format is slow.
    formatter(zone, language, options) {
        const key = `${zone} ${language} ${Object.keys(options)}`;
        let found = this.formats.get(key);
        if (!found) {
            const clock = options.hour ? { hourCycle: "h23" } : {};
            found = new Intl.DateTimeFormat(language, { ...options, ...clock, ...(zone ? { timeZone: zone } : {}) });
            this.formats.set(key, found);
        }
        return found;
    }

    /// The seconds that a clock of the zone is ahead of UTC.
    offset(time) {
        if (this.name === "UTC") return 0;
        // Every zone changes at a quarter of an hour, at the most twice a year.
        const quarter = Math.floor(time / QUARTER) * QUARTER;
        let found = this.offsets.get(quarter);
        if (found === undefined) {
            found = this.name ? this.measured(quarter) : -60 * new Date(quarter * 1000).getTimezoneOffset();
            this.offsets.set(quarter, found);
        }
        return found;
    }

    measured(time) {
        this.parts ??= new Intl.DateTimeFormat("en-US", {
            timeZone: this.name,
            hourCycle: "h23",
            year: "numeric",
            month: "numeric",
            day: "numeric",
            hour: "numeric",
            minute: "numeric",
        });
        const part = {};
        for (const { type, value } of this.parts.formatToParts(time * 1000)) part[type] = Number(value);
        return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute) / 1000 - time;
    }

    /// The seconds since 1970 that a clock of the zone would show, for a whole axis in its order: the offset
    /// is measured once a day and, on the day of a change, once a quarter.
    localTimes() {
        let from = Infinity;
        let to = -Infinity;
        let offset = 0;
        return (time) => {
            if (time < from || time >= to) {
                from = Math.floor(time / 86400) * 86400;
                to = from + 86400;
                offset = this.offset(from);
                if (offset !== this.offset(to - 1)) {
                    from = Math.floor(time / QUARTER) * QUARTER;
                    to = from + QUARTER;
                    offset = this.offset(from);
                }
            }
            return time + offset;
        };
    }
}

const STEPS = [[43200, 33], [21600, 32], [10800, 31], [3600, 30], [1800, 22], [300, 21], [60, 20]];

/// How much a time stands out against the one before, by the library's own measure.
function weight(now, before) {
    if (Math.floor(now / 86400) !== Math.floor(before / 86400)) {
        const [a, b] = [new Date(now * 1000), new Date(before * 1000)];
        if (a.getUTCFullYear() !== b.getUTCFullYear()) return 70;
        return a.getUTCMonth() === b.getUTCMonth() ? 50 : 60;
    }
    for (const [seconds, found] of STEPS) {
        if (Math.floor(now / seconds) !== Math.floor(before / seconds)) return found;
    }
    return now === before ? 0 : 10;
}

/// The library's time axis, except that days begin at midnight of the reader's zone and not of UTC.
function zoned(Behavior, zone) {
    return class extends Behavior {
        fillWeightsForPoints(points, start) {
            const present = zone();
            if (!present) return super.fillWeightsForPoints(points, start);
            const local = present.localTimes();
            const time = (index) => local(this.key(points[index].time));
            const step = points.length > 1 ? time(points.length - 1) - time(points.length - 2) : 0;
            for (let index = start; index < points.length; index += 1) {
                const now = time(index);
                points[index].timeWeight = weight(now, index > 0 ? time(index - 1) : now - step);
            }
        }
    };
}
