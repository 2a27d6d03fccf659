// The age of what is shown, by the browser's own clock: it goes on counting when the server is dead.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.spy = (function () {
  let last = null;
  let received = Date.now();

  function words(seconds) {
    if (seconds < 120) return `${Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    return `${(seconds / 3600).toFixed(1)} h`;
  }

  function told(facts) {
    if (!facts) return ["old", "no data yet"];
    const waited = (Date.now() - received) / 1000;
    if (facts.problem) return ["old", `OLD: ${facts.problem}`];
    if (facts.age_s === null) return ["old", "OLD: the agent has never looked"];
    const age = facts.age_s + waited;
    if (age > facts.stale_after_s) return ["old", `OLD: data ${words(age)} old, nothing here can be trusted`];
    if (waited > 20) return ["late", `data ${words(age)} old, the server does not answer`];
    return ["fresh", `data ${words(age)} old`];
  }

  return {
    age: function (_ticks, facts) {
      // A new answer is a new object, whatever it says.
      if (facts !== last) {
        last = facts;
        received = Date.now();
      }
      const [kind, text] = told(facts);
      document.documentElement.dataset.age = kind;
      return text;
    },
  };
})();
