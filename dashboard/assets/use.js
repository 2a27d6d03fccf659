// Says of what a page asks whether somebody is there: else a page left open would keep its session alive for ever.
(function () {
  const USED_MS = 60000; // the server notes a use once a minute
  // No pointermove: browsers make one up when the page changes under a pointer that rests.
  const BY_PEOPLE = ["keydown", "pointerdown", "touchstart", "wheel"];
  const plain = window.fetch;
  let used = Date.now(); // whoever opened the page

  for (const name of BY_PEOPLE) {
    window.addEventListener(name, (event) => (used = event.isTrusted ? Date.now() : used), { capture: true, passive: true });
  }

  window.fetch = function (what, how) {
    if (typeof what !== "string" || Date.now() - used < USED_MS) return plain(what, how);
    const headers = new Headers((how || {}).headers);
    headers.set("X-By-Itself", "1");
    return plain(what, { ...how, headers });
  };
})();
