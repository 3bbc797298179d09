// What is nicer with JavaScript; everything works without it.
"use strict";

// A room of the list shows where it is on the map.
for (const card of document.querySelectorAll(".rooms [data-room]")) {
  const pins = `.map-frame [data-room="${card.dataset.room}"]`;
  const show = (on) => document.querySelectorAll(pins).forEach((pin) => pin.classList.toggle("on", on));
  for (const name of ["mouseenter", "focusin"]) card.addEventListener(name, () => show(true));
  for (const name of ["mouseleave", "focusout"]) card.addEventListener(name, () => show(false));
}

// The map can be dragged; the link "search here" then searches in what it shows.
const picture = document.querySelector("svg.map-picture");
if (picture) {
  const here = document.querySelector(".search-here");
  const view = { x: +picture.dataset.x, y: +picture.dataset.y, world: 256 * 2 ** picture.dataset.zoom };
  const moved = { x: 0, y: 0 };
  let start = null;

  picture.addEventListener("pointerdown", (event) => {
    if (event.isPrimary && event.button === 0) start = { x: event.clientX - moved.x, y: event.clientY - moved.y };
  });
  addEventListener("pointermove", (event) => {
    if (!start || !event.isPrimary) return;
    const x = event.clientX - start.x, y = event.clientY - start.y;
    if (Math.hypot(x - moved.x, y - moved.y) < 4 && !picture.classList.contains("dragged")) return;
    Object.assign(moved, { x, y });
    picture.classList.add("dragged");
    picture.style.transform = `translate(${x}px, ${y}px)`;
    here.href = picture.dataset.search.replace("bbox=BBOX", `bbox=${bbox()}`);
    here.hidden = false;
  });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { start = null; });
  // The end of a drag is not a click on a link, and a link is not dragged itself.
  picture.addEventListener("click", (event) => {
    if (picture.classList.contains("dragged")) event.preventDefault();
    picture.classList.remove("dragged");
  }, true);
  picture.addEventListener("dragstart", (event) => event.preventDefault());

  // West, south, east, north in degrees, by the inverse of Web Mercator.
  function bbox() {
    const shown = picture.clientWidth || picture.getBoundingClientRect().width;
    const scale = picture.width.baseVal.value ? 640 / shown : 1;
    const x = view.x - moved.x * scale / view.world, y = view.y - moved.y * scale / view.world;
    const across = Math.min(320 / view.world, 0.5), down = 240 / view.world;
    const turn = (at) => ((at % 1) + 1) % 1;
    const longitude = (at) => turn(at) * 360 - 180;
    const latitude = (at) => Math.atan(Math.sinh((0.5 - Math.min(Math.max(at, 0), 1)) * 2 * Math.PI)) * 180 / Math.PI;
    const edges = across < 0.5 ? [longitude(x - across), longitude(x + across)] : [-180, 180];
    const box = [edges[0], latitude(y + down), edges[1], latitude(y - down)];
    return box.map((degrees) => +degrees.toFixed(5)).join(",");
  }
}
