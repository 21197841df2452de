// Refreshes the part of a page that shows work in progress. Without scripts, the page shows the progress when it is reloaded.
(() => {
  "use strict";
  const EVERY_MS = 2000;

  const refresh = async (part) => {
    const response = await fetch(part.dataset.refresh, { headers: { "Bensync-Part": "yes" } });
    if (response.status === 401) {
      location.assign(response.headers.get("Location") ?? "/");
    } else if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      part.replaceWith(page.body.firstElementChild);
    }
  };

  const watch = () => {
    const part = document.querySelector("[data-refresh]");
    if (!part) return;
    setTimeout(async () => {
      // A server that is restarted must not stop the progress for good: the next round asks again.
      await refresh(part).catch(() => {});
      watch();
    }, EVERY_MS);
  };
  watch();
})();
