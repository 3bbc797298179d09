// With a server of tiles, Leaflet draws the map instead; its markers are those of the SVG.
"use strict";
const frame = document.querySelector(".map-frame[data-tiles]");
if (frame && window.L) {
  const svg = frame.querySelector(".map-picture"), link = frame.querySelector(".search-here");
  const node = document.createElement("div");
  node.className = "map-tiles";
  frame.prepend(node);
  frame.classList.add("tiled");
  const map = L.map(node, { zoomSnap: 0, wheelPxPerZoomLevel: 90 });
  map.attributionControl.setPrefix(false);
  const [west, south, east, north] = svg.dataset.bbox.split(",").map(Number);
  map.fitBounds([[south, west], [north, west > east ? east + 360 : east]], { animate: false, padding: [0, 0] });
  const named = document.createElement("span");
  named.textContent = frame.dataset.attribution;
  L.tileLayer(frame.dataset.tiles, { attribution: named.innerHTML, maxZoom: 19 }).addTo(map);
  for (const mark of svg.querySelectorAll("a, .spot")) {
    const [longitude, latitude] = mark.dataset.place.split(",").map(Number);
    const shown = document.createElement(mark.matches("a") ? "a" : "span");
    shown.className = `tile-mark ${mark.getAttribute("class")}`;
    if (mark.matches("a")) {
      shown.href = mark.getAttribute("href");
      shown.setAttribute("aria-label", mark.getAttribute("aria-label"));
      shown.textContent = mark.querySelector("text")?.textContent ?? "";
    }
    if (mark.dataset.room) shown.dataset.room = mark.dataset.room;
    const icon = L.divIcon({ html: shown, className: "", iconSize: null });
    const around = longitude < west && west > east ? longitude + 360 : longitude;
    L.marker([latitude, around], { icon, keyboard: false, interactive: false }).addTo(map);
  }
  map.on("dragend zoomend", () => {
    const shown = map.getBounds(), turn = (degrees) => ((degrees + 180) % 360 + 360) % 360 - 180;
    const whole = shown.getEast() - shown.getWest() >= 360;
    const edges = whole ? [-180, 180] : [turn(shown.getWest()), turn(shown.getEast())];
    const box = [edges[0], Math.max(shown.getSouth(), -85), edges[1], Math.min(shown.getNorth(), 85)];
    const bbox = box.map((degrees) => +degrees.toFixed(5)).join(",");
    link.href = svg.dataset.search.replace("bbox=BBOX", `bbox=${bbox}`);
    link.hidden = false;
  });
}
