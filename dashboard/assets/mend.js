// Dash 4.4's own menus and lists of choices, as keyboard and screen reader need them (docs/decisions/0015).
//
// A list of radio buttons or check boxes says that it is a listbox of options, which may hold no inputs: those of the
// list are what works, so the roles go. A menu is entered through an input that is hidden from screen readers, and its
// button is named by what is chosen alone: the button itself is entered, and says what is chosen of what.
(function () {
  function set(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value); // else it would be seen again
  }

  function list(found) {
    found.removeAttribute("role");
    for (const option of found.querySelectorAll("[role=option], [aria-selected]")) {
      option.removeAttribute("role");
      option.removeAttribute("aria-selected");
    }
  }

  function menu(button) {
    const entry = button.previousElementSibling;
    if (entry && entry.matches(".dash-dropdown-focus-target")) {
      set(entry, "tabindex", "-1");
      set(button, "tabindex", "0");
    }
    const label = document.querySelector(`label[for="${button.id}"]`);
    if (!label) return;
    label.id = `${button.id}-label`;
    set(button, "aria-labelledby", `${label.id} ${button.id}-value`);
    set(button, "aria-haspopup", "dialog");
    const opened = document.getElementById(button.getAttribute("aria-controls"));
    if (opened) set(opened, "aria-labelledby", label.id);
  }

  function mend() {
    document.querySelectorAll(".dash-options-list").forEach(list);
    document.querySelectorAll("button.dash-dropdown").forEach(menu);
  }

  const attributeFilter = ["role", "aria-selected", "tabindex", "aria-controls"];
  new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true, attributeFilter });
})();
