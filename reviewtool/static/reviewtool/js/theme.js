// Light, dark, or as the system says. Loaded before anything is painted, so nothing flashes.
(() => {
  const NAME = "reviewtool:theme";
  const root = document.documentElement;

  function chosen() {
    try {
      return localStorage.getItem(NAME) || "system";
    } catch (error) {
      if (error instanceof DOMException) return "system"; // storage is forbidden in this browser
      throw error;
    }
  }

  function show(theme) {
    if (theme === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
    for (const button of document.querySelectorAll("[data-theme-switch] button")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
  }

  show(chosen());

  document.addEventListener("DOMContentLoaded", () => {
    for (const set of document.querySelectorAll("[data-theme-switch]")) set.hidden = false;
    show(chosen());
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch] button");
    if (!button) return;
    localStorage.setItem(NAME, button.value);
    show(button.value);
  });

  window.addEventListener("storage", (event) => {
    if (event.key === NAME) show(chosen());
  });
})();
