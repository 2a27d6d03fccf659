// Loaded before anything is painted, so that nothing flashes: how this browser wants the page to look and times to be told.
(function () {
  const root = document.documentElement;
  const CHOICES = { look: ["auto", "light", "dark", "wall"], clock: ["utc", "geneva"] };

  function kept(name) {
    try {
      const value = localStorage.getItem(`spy-${name}`);
      return CHOICES[name].includes(value) ? value : CHOICES[name][0];
    } catch {
      return CHOICES[name][0]; // storage is forbidden here: the choice lasts as long as the page
    }
  }

  function apply(name, value) {
    if (root.dataset[name] === value) return;
    root.dataset[name] = value;
    for (const select of document.querySelectorAll(`#${name}-choice`)) select.value = value;
    document.dispatchEvent(new CustomEvent(`spy-${name}`));
  }

  for (const name of Object.keys(CHOICES)) root.dataset[name] = kept(name);

  document.addEventListener("change", (event) => {
    const name = (event.target.id || "").replace(/-choice$/, "");
    if (!(name in CHOICES) || event.target.id !== `${name}-choice`) return;
    try {
      localStorage.setItem(`spy-${name}`, event.target.value);
    } catch {
      // see above
    }
    apply(name, event.target.value);
  });

  // Another tab of this browser has chosen.
  addEventListener("storage", () => Object.keys(CHOICES).forEach((name) => apply(name, kept(name))));

  // The switches come with the rest of the page, and show what is in force.
  new MutationObserver(() => {
    for (const name of Object.keys(CHOICES)) {
      const select = document.getElementById(`${name}-choice`);
      if (select && !select.dataset.shown) {
        select.value = root.dataset[name];
        select.dataset.shown = "yes";
      }
    }
  }).observe(root, { childList: true, subtree: true });
})();
