"""What a page under measurement does by itself: it looks at each frame, so that nothing outside it costs time."""

from __future__ import annotations

SEEN = """(() => {
    window.bench = {};
    const look = () => {
        const words = document.querySelector("#sentence");
        if (words && words.textContent && !bench.sentence) bench.sentence = performance.now();
        const cell = document.querySelector("#runs-grid .ag-pinned-left-cols-container [row-index='0'] [col-id=run]");
        if (cell && cell.textContent && !bench.grid) bench.grid = performance.now();
        if (!bench.sentence || !bench.grid) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})()"""
"""From the beginning of the navigation to the first frame that has it: the sentence, and the first row of the grid."""

ROWS = """const there = () => {
    const view = document.querySelector("#runs-grid .ag-body-viewport");
    const first = Math.ceil(view.scrollTop / 34);
    const last = Math.min(Math.floor((view.scrollTop + view.clientHeight) / 34), total()) - 1;
    for (let row = first; row <= last; row++) {
        const at = `#runs-grid .ag-pinned-left-cols-container [row-index='${row}'] [col-id=run]`;
        if (!document.querySelector(at)?.textContent) return false;
    }
    return true;
};
const total = () => Number((/^[^a-z]*/.exec(document.querySelector("#runs-count").textContent)[0]).replace(/\\D/g, ""));
const until = (is) => new Promise((told) => {
    const begin = performance.now();
    const look = () => (is() ? told(performance.now() - begin) : requestAnimationFrame(look));
    requestAnimationFrame(look);
});"""

SCROLL = (
    "async (part) => {"
    + ROWS
    + """
    const view = document.querySelector("#runs-grid .ag-body-viewport");
    view.scrollTop = Math.floor(part * (view.scrollHeight - view.clientHeight));
    return until(there);
}"""
)
"""Milliseconds from a jump to a frame in which every row within sight has its run."""

FILTER = (
    "async (state) => {"
    + ROWS
    + """
    const count = document.querySelector("#runs-count"), before = count.textContent;
    document.querySelector(`#runs-state input[value=${state}]`).click();
    return until(() => count.textContent !== before && there());
}"""
)
"""Milliseconds from a click on a state to a frame in which another number of runs, and its rows, are told."""
