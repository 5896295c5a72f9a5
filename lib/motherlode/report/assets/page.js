"use strict";
// Charts are data: the library interprets their expressions (ast), since the page forbids eval.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const config = read("chart-config");
const nothing = () => Promise.reject(new Error("this page loads nothing"));
const loader = { load: nothing, sanitize: nothing, http: nothing, file: nothing };

for (const place of document.querySelectorAll("[data-chart]")) {
  vegaEmbed(place, read(place.dataset.chart), {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    ast: true,
    config,
    loader,
    tooltip: { theme: "custom", disableDefaultStyle: true },
  }).catch((error) => {
    place.textContent = "This chart could not be drawn.";
    console.error(error);
  });
}
