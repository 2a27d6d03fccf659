// Times come in UTC; who wants to read Geneva's clock reads it everywhere: in <time>, in sentences, in tooltips.
// Figures are made in the wanted time by the server. What people wrote, and the text for the logbook, stay as they are.
(function () {
  const root = document.documentElement;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const FULL = /(\d{4})-(\d\d)-(\d\d)([ T])(\d\d):(\d\d)(?::(\d\d))?(\.\d+)?( UTC|Z|(?= to \d{4}-\d\d-\d\d \d\d:\d\d UTC))/g;
  const SHORT = /(\d\d) ([A-Z][a-z]{2})( \d{4})? (\d\d):(\d\d) UTC/g;
  const AS_WRITTEN = "pre, textarea, script, style, label";
  const FORMAT = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Europe/Zurich",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const kept = new WeakMap(); // node: what it said at first, and what it says now

  function there(ms) {
    const told = Object.fromEntries(FORMAT.formatToParts(ms).map((part) => [part.type, part.value]));
    const shifted = Date.UTC(told.year, told.month - 1, told.day, told.hour, told.minute, told.second);
    const hours = Math.round((shifted - Math.floor(ms / 1000) * 1000) / 3600000);
    return { ...told, month_name: MONTHS[told.month - 1], hours, zone: hours === 2 ? "CEST" : "CET" };
  }

  function full(_all, year, month, day, seam, hour, minute, second, rest, zone) {
    const t = there(Date.UTC(year, month - 1, day, hour, minute, second || 0));
    const clock = `${t.hour}:${t.minute}${second ? `:${t.second}` : ""}${rest || ""}`;
    const end = zone === "Z" ? `+0${t.hours}:00` : zone && ` ${t.zone}`;
    return `${t.year}-${t.month}-${t.day}${seam}${clock}${end}`;
  }

  function short(all, day, name, year, hour, minute) {
    const now = new Date();
    const month = MONTHS.indexOf(name);
    if (month < 0) return all;
    // A year that is not said is the nearest one.
    const years = year ? [Number(year)] : [-1, 0, 1].map((more) => now.getUTCFullYear() + more);
    const moments = years.map((one) => Date.UTC(one, month, day, hour, minute));
    const t = there(moments.sort((a, b) => Math.abs(a - now) - Math.abs(b - now))[0]);
    return `${t.day} ${t.month_name}${year ? ` ${t.year}` : ""} ${t.hour}:${t.minute} ${t.zone}`;
  }

  const inText = (text) => text.replace(FULL, full).replace(SHORT, short).replace("Times are UTC", "Times are Geneva's");
  const inHead = (text) => inText(text).replace(/\bUTC\b/, "Geneva time");

  function inTime(element, text) {
    const ms = Date.parse(element.dateTime);
    if (Number.isNaN(ms)) return text;
    const t = there(ms);
    return text.replace(/\d\d [A-Z][a-z]{2}(?= \d\d:\d\d)/, `${t.day} ${t.month_name}`).replace(/\d\d:\d\d/, `${t.hour}:${t.minute}`);
  }

  // A zone that is said behind a <time>.
  function behind(time, text) {
    const ms = Date.parse(time.dateTime);
    return inText(Number.isNaN(ms) ? text : text.replace(/^ UTC\b/, ` ${there(ms).zone}`));
  }

  function told(node, text, convert) {
    const known = kept.get(node);
    const was = known && known.now === text ? known.was : text;
    const now = root.dataset.clock === "geneva" ? convert(was) : was;
    if (known || now !== was) kept.set(node, { was, now });
    return now;
  }

  function textOf(node) {
    const parent = node.parentElement;
    if (!parent || parent.closest(AS_WRITTEN)) return;
    const inside = parent.closest("time, th");
    const before = node.previousSibling;
    let convert = inText;
    if (inside) convert = inside.tagName === "TH" ? inHead : (text) => inTime(inside, text);
    else if (before && before.tagName === "TIME") convert = (text) => behind(before, text);
    const now = told(node, node.data, convert);
    if (now !== node.data) node.data = now;
  }

  function titleOf(element) {
    if (element.tagName === "TIME") return; // the exact time, in UTC
    const now = told(element, element.title, inText);
    if (now !== element.title) element.title = now;
  }

  function below(top) {
    if (top.nodeType === Node.TEXT_NODE) return textOf(top);
    if (top.nodeType !== Node.ELEMENT_NODE) return undefined;
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) textOf(walker.currentNode);
    for (const element of [top, ...top.querySelectorAll("[title]")]) if (element.title) titleOf(element);
    return undefined;
  }

  new MutationObserver((changes) => {
    if (root.dataset.clock === "utc") return;
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(below);
      else below(change.target);
    }
  }).observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ["title", "datetime"],
  });

  document.addEventListener("spy-clock", () => {
    below(document.body);
    window.spyLive.again(); // for the figures
  });
})();
