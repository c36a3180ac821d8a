// Keys, copying, picking all, and closing the stream of a tab that nobody sees. Everything else is htmx's.
(() => {
  "use strict";
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  const move = (step) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement.closest("[data-row]"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    (next.querySelector("[data-open]") || next.querySelector("input, a, summary")).focus();
    next.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    const menu = event.key === "Escape" && document.querySelector(".menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    if (typing(event.target)) return;
    const search = document.getElementById("search");
    const box = document.activeElement.closest("[data-row]")?.querySelector(".pick input:not(:disabled)");
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/" && search) search.focus();
    else if (event.key === "x" && box) box.click();
    else if (event.key === "r" && document.getElementById("body")) document.getElementById("body").focus();
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // What was asked for is done, and the page stays as it is.
  document.addEventListener("stopped", () => {
    for (const menu of document.querySelectorAll(".menu[open]")) menu.open = false;
    document.getElementById("notice").replaceChildren();
  });

  // A sentence that is offered goes to the end of what is being written.
  document.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-say]");
    const body = offer && document.getElementById("body");
    if (!body) return;
    event.preventDefault();
    body.value = [body.value.trimEnd(), offer.dataset.say].filter(Boolean).join("\n");
    body.dispatchEvent(new Event("input", { bubbles: true }));
    body.focus();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    const said = button.textContent;
    button.textContent = document.body.dataset.copied;
    setTimeout(() => { button.textContent = said; }, 1500);
  });

  // A button of a hold or a topic says the opposite once it was pressed: a double click is one click.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest(".segments button")) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    const list = document.getElementById(event.target.dataset?.pickAll);
    if (!list) return;
    for (const box of list.querySelectorAll(".pick input:not(:disabled)")) box.checked = event.target.checked;
  });

  // A browser keeps six connections a host over HTTP/1.1: a hidden tab gives its own back.
  let stream = null;
  document.addEventListener("htmx:sseOpen", (event) => {
    if (stream !== event.detail.source) stream?.close();
    stream = event.detail.source;
    if (document.hidden) { stream.close(); stream = null; }
  });
  document.addEventListener("visibilitychange", () => {
    const live = document.querySelector("[data-live]");
    if (!live || !window.htmx) return;
    if (document.hidden) { stream?.close(); stream = null; return; }
    if (stream) return;
    stream = window.htmx.createEventSource(live.getAttribute("sse-connect"));
    const tell = (name, place) => {
      for (const heard of [name, "hello"]) {
        stream.addEventListener(heard, () => { if (document.querySelector(place)) window.htmx.trigger(place, `sse:${name}`); });
      }
    };
    tell("changed", "#news");
    tell("stops", "#stops");
  });
})();
