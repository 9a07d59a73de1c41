(() => {
"use strict";
const panel = document.getElementById("panel"), state = document.getElementById("state");
const cards = new Map(Array.from(panel.querySelectorAll(".card"), card => [card.id, card]));
const lit = Array.from(document.querySelectorAll("[data-name],[data-from]"), mark => [mark, (mark.dataset.name || "").split(" ")]);
let shown = null, pinned = null;
const cardOf = target => {
  const link = target instanceof Element && target.closest("a[href^='#']");
  const name = link && link.getAttribute("href").slice(1);
  return cards.has(name) ? name : null;
};
function show(name) {
  if (name === shown || !cards.has(name)) return;
  if (shown !== null) cards.get(shown).classList.remove("shown");
  shown = name;
  const card = cards.get(name), on = new Set(card.dataset.on.split(" ").concat(name));
  card.classList.add("shown");
  panel.scrollTop = 0;
  for (const [mark, names] of lit) {
    const ends = mark.dataset.from !== undefined;
    const through = ends && card.dataset.on.includes(" ") && on.has(mark.dataset.from) && on.has(mark.dataset.to);
    mark.classList.toggle("on", through || names.some(name => name !== "" && on.has(name)));
    mark.classList.toggle("it", names[0] === name);
  }
  say();
}
function say() {
  state.textContent = pinned === null ? "Shown while it is pointed at; a click keeps it" : shown === pinned ? "Kept: " + pinned + " (Escape lets go)" : "Kept: " + pinned + ", shown: " + shown;
}
function pin(name) {
  pinned = name;
  for (const link of document.querySelectorAll("a[aria-current]")) link.removeAttribute("aria-current");
  for (const link of document.querySelectorAll("a[href^='#']"))
    if (name !== null && link.getAttribute("href").slice(1) === name) link.setAttribute("aria-current", "true");
  show(name);
  say();
}
function fromAddress() {
  let name = "";
  try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
  if (cards.has(name)) pin(name);
}
document.documentElement.classList.add("live");
const greeting = state.textContent;
show((panel.querySelector(".card.first") || {}).id);
state.textContent = greeting;
fromAddress();
addEventListener("hashchange", fromAddress);
document.addEventListener("pointerover", event => {
  if (event.pointerType !== "mouse") return;
  const name = cardOf(event.target);
  if (name !== null) show(name);
  else if (pinned !== null && !panel.contains(event.target)) show(pinned);
});
document.addEventListener("focusin", event => {
  const name = cardOf(event.target);
  if (name !== null && event.target.matches(":focus-visible")) show(name);
});
document.addEventListener("click", event => {
  const name = cardOf(event.target);
  if (name === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", "#" + encodeURIComponent(name));
  pin(name);
  const box = panel.getBoundingClientRect();
  if (box.top > innerHeight - 120 || box.bottom < 120) panel.scrollIntoView({block: "start"});
});
document.addEventListener("keydown", event => {
  if (event.key !== "Escape" || pinned === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  pin(null);
});
})();
