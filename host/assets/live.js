// Keeps the figures of the board fresh. Without this script the page offers a link to load it again.
"use strict";
(() => {
  const EVERY_MS = 5000;
  // A screen reader hears of changes at most this often: figures of a busy desk change with every refresh.
  const SAY_EVERY_MS = 30000;

  const live = document.getElementById("live");
  const status = document.getElementById("live-status");
  if (!live || !status) return;

  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = live.dataset.pause;
  const trouble = document.createElement("p");
  trouble.className = "small";
  trouble.hidden = true;
  trouble.textContent = live.dataset.unreachable;
  live.querySelector(".live-reload").replaceWith(button, trouble);

  let paused = false;
  let busy = false;
  let saidAt = Date.now();

  // A focused link stays where it is: it is replaced by a later refresh.
  const holdsFocus = (node) => node.contains(document.activeElement);

  const take = (fresh) => {
    const cards = document.getElementById("pilot-cards");
    const freshCards = fresh.getElementById("pilot-cards");
    if (cards.dataset.shape !== freshCards.dataset.shape && !holdsFocus(cards)) {
      cards.replaceWith(document.importNode(freshCards, true));
    }
    for (const node of document.querySelectorAll("[data-live]")) {
      const newer = fresh.querySelector(`[data-live="${CSS.escape(node.dataset.live)}"]`);
      if (newer && !newer.isEqualNode(node) && !holdsFocus(node)) {
        node.replaceWith(document.importNode(newer, true));
      }
    }
    const said = document.getElementById("said");
    const saying = fresh.getElementById("said").textContent;
    if (said.textContent !== saying && Date.now() - saidAt >= SAY_EVERY_MS) {
      said.textContent = saying;
      status.textContent = saying;
      saidAt = Date.now();
    }
  };

  const refresh = async () => {
    if (paused || busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(live.dataset.source, { cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      // The button may have been pressed while the answer was on its way.
      if (!paused) take(fresh);
      trouble.hidden = true;
    } catch {
      trouble.hidden = false;
    } finally {
      busy = false;
    }
  };

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? live.dataset.resume : live.dataset.pause;
    status.textContent = paused ? live.dataset.paused : "";
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, EVERY_MS);
})();
