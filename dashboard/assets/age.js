// The age of what is shown, by the browser's own clocks: it goes on counting when the server is dead, and Dash too.
window.dash_clientside = window.dash_clientside || {};
(function () {
  const LATE_S = 20; // an answer comes every 10 s at least
  const FIRST_S = 10; // for the first answer after the page was opened
  const ASK_MS = 10000;
  const begun = Date.now();
  let facts = null;
  let received = { wall: 0, own: 0 };
  let trouble = "";
  let isCut = false; // the last time it was tried
  let asked = 0;

  function words(seconds) {
    if (seconds < 120) return `${Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    return `${(seconds / 3600).toFixed(1)} h`;
  }

  // The wall clock counts a laptop's sleep, and can be set back; the other one cannot. Nothing looks younger than it is.
  const waited = () => Math.max(Date.now() - received.wall, performance.now() - received.own, 0) / 1000;

  function told() {
    if (!facts) {
      const young = (Date.now() - begun) / 1000 < FIRST_S;
      return young ? ["late", "asking …"] : ["old", `OLD: no data, ${trouble || "the server does not answer"}`];
    }
    if (facts.problem) return ["old", `OLD: ${facts.problem}`];
    if (facts.age_s === null) return ["old", "OLD: the agent has never looked"];
    const age = facts.age_s + waited();
    if (age > facts.stale_after_s) {
      const why = waited() > LATE_S && trouble ? `, ${trouble}` : "";
      return ["old", `OLD: data ${words(age)} old${why}, nothing here can be trusted`];
    }
    if (waited() > LATE_S) return ["late", `data ${words(age)} old, ${trouble || "the server does not answer"}`];
    return ["fresh", `data ${words(age)} old`];
  }

  // Why no answer comes: whoever has logged out, or whose session has ended, need not look for a dead server.
  async function diagnose() {
    if (Date.now() - asked < ASK_MS) return;
    asked = Date.now();
    const config = JSON.parse(document.getElementById("_dash-config").textContent);
    try {
      const answer = await fetch(`${config.requests_pathname_prefix}api/v1/me`, { cache: "no-store" });
      trouble = answer.status === 401 ? "you are logged out: reload the page to log in" : "the server does not answer";
      if (isCut && answer.ok) window.spyLive.revived();
      isCut = !answer.ok;
    } catch {
      [trouble, isCut] = ["the server does not answer", true];
    }
  }

  function tell() {
    const place = document.getElementById("age");
    if (!place) return;
    const [kind, text] = told();
    if (place.textContent !== text) place.textContent = text;
    if (document.documentElement.dataset.age !== kind) {
      document.documentElement.dataset.age = kind;
      document.getElementById("age-turned").textContent = text; // read aloud once, and not each second
    }
    if (!facts ? kind === "old" : waited() > LATE_S) diagnose();
  }

  window.dash_clientside.live = Object.assign(window.dash_clientside.live || {}, {
    // A new answer is a new object, whatever it says.
    age: function (answer) {
      if (answer) {
        [facts, trouble] = [answer, ""];
        received = { wall: Date.now(), own: performance.now() };
        window.spyLive.answered();
      }
      tell();
    },
  });
  setInterval(tell, 1000);
})();
