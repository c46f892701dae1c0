// What HTML alone cannot do: copy, dialogs over the page, menus that close, Esc for tooltips.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";
  const dialog = document.getElementById("dialog");
  const say = (words) => {
    const region = document.getElementById("said");
    if (region) region.textContent = words;
  };
  // For the focus, when what had it is gone.
  const toHeading = () => {
    const heading = document.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };
  const cells = () => [...document.querySelectorAll(".cell")];
  const hasFocus = () => document.activeElement !== document.body;
  let opener = null;

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const source = document.getElementById(copy.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent.trim());
        copy.classList.add("copied");
        say("Copied");
        setTimeout(() => { copy.classList.remove("copied"); say(""); }, 2000);
      } catch {
        getSelection().selectAllChildren(source);
        say("Selected. Copy it with the keyboard.");
      }
    }
    if (event.target.closest("[data-close]") && dialog?.open) {
      event.preventDefault();
      dialog.close();
    }
    if (event.target === dialog) dialog.close();
    const put = event.target.closest("[data-dismiss]");
    if (put) {
      put.closest(".toast").remove();
      toHeading();
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // Esc puts a tooltip away until pointer or focus move on.
  const tipOwner = (element) => element?.closest?.(".icon-button, .rail .item") ?? null;
  let tipless = null;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    root.classList.add("tips-off");
    tipless = tipOwner(document.activeElement) ?? document.querySelector(".icon-button:hover, .rail .item:hover");
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  for (const name of ["pointerover", "focusin"]) {
    document.addEventListener(name, (event) => {
      if (tipOwner(event.target) !== tipless) root.classList.remove("tips-off");
    });
  }

  // A link with hx-target="#dialog" brings its page's form, which opens over the page.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === dialog) opener = event.detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    dialog.showModal();
    dialog.querySelector("h2")?.focus();
  });
  dialog?.addEventListener("close", () => {
    dialog.replaceChildren();
    const again = document.getElementById(opener?.id) || opener;
    if (again?.isConnected) again.focus();
    else toHeading();
  });

  let hadFocus = false;
  document.addEventListener("htmx:beforeSwap", () => { hadFocus = hasFocus(); });
  document.addEventListener("htmx:afterSettle", () => {
    if (hadFocus && !hasFocus()) toHeading();
  });

  // An expired session is answered with the sign-in page: show it whole.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.responseURL.includes("/sign-in/")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });

  // Enter goes to the next cell, and Esc brings its value back.
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".cell")) return;
    if (event.key === "Escape") event.target.value = event.target.defaultValue;
    if (event.key !== "Enter") return;
    event.preventDefault();
    const seen = cells().filter((cell) => cell.checkVisibility());
    (seen[seen.indexOf(event.target) + 1] ?? document.querySelector("#cells button")).focus();
  });

  // What is typed and not kept yet is not lost unasked.
  const isTyped = () => cells().some((cell) => cell.value !== cell.defaultValue);
  let isSent = false;
  document.addEventListener("submit", (event) => { isSent ||= event.target.id === "cells"; });
  addEventListener("beforeunload", (event) => { if (!isSent && isTyped()) event.preventDefault(); });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target } = event.detail;
    if (!target.querySelector(".cell") || !isTyped()) return;
    if (confirm("What you typed in the cells is not kept yet. Go on without it?")) return;
    event.preventDefault();
    elt.reset?.();
  });

  // Its answer stands below it, above the bar.
  const refused = document.querySelector(".cell[aria-invalid]");
  refused?.focus();
  refused?.closest("td").scrollIntoView({ block: "nearest" });
  document.querySelector(".summary-box")?.focus();
})();
