// The grid of runs: its filters live in the address, its rows stay where they are while they change, keys open a run.
(function () {
  const FIELDS = ["era", "class", "fill", "detector", "state", "person"]; // as dashboard/run_filters.py has them
  const GRID = "runs-grid";
  const PATIENCE_MS = 8000;
  let shown = null; // the query whose rows are shown
  let isLate = false; // something changed while a question was open
  let waiting = null; // the question that was not answered yet

  const same = () => window.dash_clientside.no_update;
  function grid() {
    try {
      return window.dash_ag_grid.getApi(GRID);
    } catch {
      return null; // it is not there yet, and will ask by itself when it is
    }
  }

  function go(href) {
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); // as Dash's own links do
    window.scrollTo(0, 0);
  }

  function queryOf(values) {
    const query = new URLSearchParams();
    FIELDS.forEach((name, index) => {
      const value = Array.isArray(values[index]) ? [...values[index]].sort().join(",") : values[index];
      if (value) query.set(name, value);
    });
    const text = query.toString().replaceAll("%2C", ",");
    return text ? `?${text}` : "";
  }

  function valuesOf(search) {
    const query = new URLSearchParams(search || "");
    return FIELDS.map((name) => {
      const value = query.get(name);
      return name === "state" ? (value ? value.split(",").sort() : []) : value || (name === "fill" ? "" : null);
    });
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.runs = {
    filter: function (...told) {
      const query = queryOf(told.slice(-FIELDS.length)); // before them stands what turned
      if (query !== queryOf(valuesOf(window.location.search))) go(window.location.pathname + query);
      return same();
    },
    controls: (search) => valuesOf(search),
    detector: function (search, before) {
      const detector = new URLSearchParams(search || "").get("detector") || "";
      return detector === before ? same() : detector;
    },
    again: function (search) {
      const api = grid();
      if (api && search !== shown) api.purgeInfiniteCache();
      shown = search;
      return same();
    },
    refresh: function () {
      const api = grid();
      isLate = Boolean(waiting); // what is under way may have been read before the change
      if (!api || isLate) return same();
      // An empty list would not be asked for again.
      if (api.getDisplayedRowCount() > 1) api.refreshInfiniteCache();
      else api.purgeInfiniteCache();
      return same();
    },
    asked: function (request) {
      if (request) waiting = { request, since: Date.now() };
      return same();
    },
    answered: function (response) {
      if (response) waiting = null;
      return same();
    },
    patience: function () {
      if (!waiting && isLate) return window.dash_clientside.runs.refresh();
      if (!waiting || Date.now() - waiting.since < PATIENCE_MS) return same();
      const given_up = waiting.request;
      waiting = null;
      given_up.failCallback();
      const api = grid();
      if (api) api.refreshInfiniteCache();
      return same();
    },
  };

  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});

  functions.runsKey = function (params) {
    if (params.event.key !== "Enter" || !params.data) return;
    const link = params.api.getColumnDef("run").cellRendererParams;
    go(`${link.prefix}/run/${params.data.run}`);
  };

  // What the mouse is told by a tooltip, the keyboard is told below the grid, and a screen reader hears it.
  functions.runsFocused = function (params) {
    const row = params.rowIndex === null || params.rowIndex === undefined ? null : params.api.getDisplayedRowAtIndex(params.rowIndex);
    if (!row || !row.data || !params.column) return;
    const field = params.column.getColId();
    const head = params.column.getColDef().headerName.replaceAll("\u200b", "");
    const why = row.data[`${field}:why`] || "";
    window.dash_clientside.set_props("runs-told", { children: `Run ${row.data.run}, ${head}: ${row.data[field]}. ${why}` });
  };

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.RunLink = function (params) {
    if (!params.value) return null;
    const href = `${params.prefix}/run/${params.value}`;
    const click = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab, as the reader wants
      event.preventDefault();
      go(href);
    };
    return window.React.createElement("a", { href, onClick: click, className: "run", tabIndex: -1 }, params.value);
  };
})();
