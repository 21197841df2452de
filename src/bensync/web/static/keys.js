// Keys for people who work long lists; every page works without them, and they can be turned off.
(() => {
  "use strict";
  const OFF = "bensync.keys.off";
  const off = () => localStorage.getItem(OFF) === "yes";
  const first = (selector) => document.querySelector(selector);
  const follow = (selector) => first(selector)?.click();
  const rows = () => [...document.querySelectorAll("[data-row]")];

  const move = (step) => {
    const every = rows();
    const at = every.findIndex((row) => row.contains(document.activeElement));
    const next = every[Math.min(Math.max(at + step, 0), every.length - 1)];
    next?.querySelector("[data-open]")?.focus();
  };
  const tick = () => document.activeElement?.closest("[data-row]")?.querySelector("input[type=checkbox]")?.click();
  const decline = () => {
    const summary = first("[data-decline]");
    if (summary) {
      summary.parentElement.open = true;
      summary.parentElement.querySelector("input[type=radio]")?.focus();
    }
  };

  const deeds = {
    j: () => move(1),
    k: () => move(-1),
    x: tick,
    n: () => follow("[data-next]"),
    p: () => follow("[data-prev]"),
    u: () => follow("[data-back]"),
    a: () => first("[data-approve]")?.focus(),
    d: decline,
    "/": () => first("[data-search]")?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea");
    const deed = deeds[event.key];
    if (off() || typing || !deed || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    deed();
  });

  const offer = () => {
    for (const button of document.querySelectorAll("[data-keys]")) {
      button.hidden = false;
      button.textContent = off() ? "Turn keys on" : "Turn keys off";
    }
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-keys]")) return;
    localStorage.setItem(OFF, off() ? "no" : "yes");
    offer();
  });
  offer();

  // A form that was sent is not sent again by an impatient second click.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
})();
