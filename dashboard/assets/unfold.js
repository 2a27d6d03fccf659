// A page that has changed is made anew: what a reader has unfolded is unfolded again. What is long is asked for when it
// is unfolded, and again while it is open (dashboard/unfolded.py).
(function () {
  const open = new Set();
  const name = (details) => `${location.pathname}#${details.id}`;

  let height = 0; // of the table before: the page does not jump while it is asked for

  function ask(details) {
    const inside = details && details.open && details.querySelector("[data-run]");
    if (!inside) return;
    if (inside.querySelector("table")) height = inside.offsetHeight;
    else inside.style.minHeight = `${height}px`;
    const id = { type: "evidence-ask", run: Number(inside.dataset.run) };
    window.dash_clientside.set_props(id, { data: Date.now() });
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.unfold = {
    again: function () {
      ask(document.querySelector("details#evidence[open]"));
      return window.dash_clientside.no_update;
    },
  };

  document.addEventListener(
    "toggle",
    (event) => {
      const details = event.target;
      if (!details.matches("details[id]") || !details.isConnected) return;
      if (details.open) open.add(name(details));
      else open.delete(name(details));
      ask(details);
    },
    true, // toggle does not bubble
  );

  new MutationObserver(() => {
    for (const details of document.querySelectorAll("details[id]:not([open])")) {
      if (open.has(name(details)) && !details.dataset.seen) details.open = true;
      details.dataset.seen = "yes"; // once per element: the reader may fold it again
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
