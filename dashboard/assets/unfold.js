// A page that has changed is made anew: what a reader has unfolded is unfolded again.
(function () {
  const open = new Set();
  const name = (details) => `${location.pathname}#${details.id}`;

  document.addEventListener(
    "toggle",
    (event) => {
      const details = event.target;
      if (!details.matches("details[id]") || !details.isConnected) return;
      if (details.open) open.add(name(details));
      else open.delete(name(details));
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
