// When the page asks anew: as soon as the server says that something has changed, else at intervals. One question at a time.
window.dash_clientside = window.dash_clientside || {};
(function () {
  const POLL_MS = 4500; // a little less than the interval, whose beats are not exact
  const PUSHED_MS = 9500; // while a push works: what counts time, and what no change tells
  const QUIET_MS = 25000; // so long without a word the push counts as dead
  const KNOCK_MS = 60000;
  const LOST_MS = 10000; // an answer that has not come by then will not, unless answers have been slow
  const LONGEST_MS = 60000;
  const tab = String(Math.random()).slice(2);
  let asked = 0;
  let answered = true;
  let wanted = false;
  let patience = LOST_MS;
  let heard = 0;
  let knocked = 0;
  let word = null;
  let count = 0;

  function question() {
    if (!answered && Date.now() - asked < patience) {
      wanted = true; // asked for when the answer is there
      return null;
    }
    // A second question makes Dash forget the first: a server that is only slow must not be outrun for ever.
    if (!answered) patience = Math.min(2 * patience, LONGEST_MS);
    [asked, answered, wanted] = [Date.now(), false, false];
    count += 1;
    return { count, tab, clock: document.documentElement.dataset.clock || "utc" };
  }

  function told() {
    const live = heard && Date.now() - heard < QUIET_MS ? "pushed" : "asked";
    if (document.documentElement.dataset.live !== live) document.documentElement.dataset.live = live;
  }

  function again() {
    const asks = question();
    if (asks) window.dash_clientside.set_props("ask", { data: asks });
  }

  const live = {
    // Beats of the interval and words of the server come in here; what goes out makes the page ask.
    ask: function (_beats, pushed) {
      const no = window.dash_clientside.no_update;
      if (pushed && pushed !== word) {
        const same = word && word.mark === pushed.mark;
        [word, heard] = [pushed, Date.now()];
        told();
        return same ? no : question() || no;
      }
      const quiet = Date.now() - heard > QUIET_MS;
      return Date.now() - asked > (quiet ? POLL_MS : PUSHED_MS) || count === 0 ? question() || no : no;
    },
  };
  window.dash_clientside.live = Object.assign(window.dash_clientside.live || {}, live);
  window.spyLive = {
    again,
    revived: function () {
      answered = true; // what was asked before is lost
      again();
    },
    answered: function () {
      if (!answered) patience = Math.min(Math.max(LOST_MS, 3 * (Date.now() - asked)), LONGEST_MS);
      answered = true;
      if (wanted) again();
    },
  };

  setInterval(() => {
    told();
    const now = Date.now();
    // Only where one has worked before: what a browser cannot reach needs no knocking.
    if (!heard || now - heard < KNOCK_MS || now - knocked < KNOCK_MS) return;
    knocked = now;
    window.dash_clientside.set_props("knock", { data: { tab, at: now } });
  }, 5000);
})();
