// The script of the grid, fetched once by pages that have one; dashboard/grid_script.py says why.
window.dash_clientside = window.dash_clientside || {};
(function () {
  const FAILED = "✕ The grid's script did not come: reload the page.";
  let coming = null;

  function load() {
    coming ??= new Promise((came, failed) => {
      const script = document.createElement("script");
      script.src = document.querySelector("meta[name=grid-script]").content;
      script.onload = came;
      script.onerror = () => {
        coming = null; // the next visit of the page tries again
        failed(new Error(FAILED));
      };
      document.head.appendChild(script);
    });
    return coming;
  }

  window.dash_clientside.grid = {
    shown: (whole) =>
      load().then(
        () => whole,
        (error) => ({ type: "P", namespace: "dash_html_components", props: { children: error.message, role: "alert", className: "said unknown" } }),
      ),
  };

  // Side by side with what Dash fetches; Dash's own scripts, which come before this one, include what it needs: React.
  if (window.location.pathname.endsWith("/runs")) load().catch(() => {});
})();
