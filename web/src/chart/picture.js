// Saves the chart as a picture, for src/chart/bridge.js.

/// What the chart needs of this.
export function addPicture(parts) {
    parts.savePicture = savePicture;
}

/// Saves what is drawn as a picture, with a line above that says what it is.
function savePicture(drawn, name, heading, detail) {
    const picture = drawn.chart.takeScreenshot(true, false);
    const ratio = picture.width / Math.max(1, drawn.container.clientWidth);
    const head = Math.round(34 * ratio);
    const canvas = document.createElement("canvas");
    canvas.width = picture.width;
    canvas.height = picture.height + head;
    const context = canvas.getContext("2d");
    context.fillStyle = drawn.look.colours.surface;
    context.fillRect(0, 0, canvas.width, canvas.height);
    const { font } = drawn.look;
    context.textBaseline = "middle";
    context.font = `600 ${14 * ratio}px ${font}`;
    context.fillStyle = drawn.look.colours.text;
    context.fillText(heading, 12 * ratio, head / 2);
    context.font = `${11 * ratio}px ${font}`;
    context.fillStyle = drawn.look.colours.muted;
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
