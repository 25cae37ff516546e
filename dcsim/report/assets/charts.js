// Charts in their places: filters, legends, zoom, themes.

const DATA = JSON.parse(document.getElementById("charts").textContent);
const COARSE = matchMedia("(pointer: coarse)").matches;
const CONFIG = { displayModeBar: false, showTips: false, doubleClick: "reset" };
const EVERYTHING = DATA.all;
const ALL = [];

class Place {
  constructor(figure) {
    this.figure = figure;
    this.spec = DATA.charts[figure.id];
    this.plot = figure.querySelector(".plot");
    this.legend = figure.querySelector(".legend");
    this.reset = figure.querySelector(".reset");
    this.selects = [...figure.querySelectorAll("select")];
    this.hidden = new Set();
    this.drawn = false;
    this.axes = document.createElement("div");
    this.axes.className = "axes";
    this.plot.before(this.axes);
    this.reset.addEventListener("click", () => zoom(this, null));
    this.plot.addEventListener("keydown", (event) => keys(this, event));
  }

  choice() {
    return Object.fromEntries(this.selects.map((each) => [each.dataset.dimension, each.value]));
  }

  get onTime() {
    return this.spec.x.kind === "time";
  }

  draw(paper) {
    const choice = this.choice();
    const width = paper || Math.max(this.plot.clientWidth, 200); // a page that is not shown yet has none
    let traces, layout;
    if (this.spec.kind === "heat") {
      const layer = layerOf(this.spec, choice);
      traces = layer ? [heatTrace(this.spec, layer)] : [];
      layout = layer ? heatLayout(this.spec, layer, choice, width) : baseLayout(true);
      if (layer) fillScale(this.legend, this.spec, layer);
      addMarks(this.legend, this.spec, choice);
      this.name(this.spec.y.title ? [axisName(this.spec.y)] : []);
    } else {
      traces = tracesOf(this.spec, choice, this.hidden);
      layout = chartLayout(this.spec, traces, choice, width);
      fillLegend(this, choice);
      const names = this.spec.horizontal || !axisName(this.spec.y) ? [] : [axisName(this.spec.y)];
      this.name(this.spec.y2 ? [...names, axisName(this.spec.y2)] : names);
    }
    if (this.range) layout.xaxis.range = this.range.slice();
    else if (layout.xaxis) layout.xaxis.autorange = true;
    this.plot.style.height = layout.height + "px";
    layout.width = width;
    Plotly.react(this.plot, traces, layout, CONFIG);
    this.width = width;
    if (!this.drawn) {
      this.drawn = true;
      this.plot.on("plotly_relayout", (change) => moved(this, change));
    }
    this.reset.hidden = !this.range;
  }

  name(texts) {
    this.axes.replaceChildren(...texts.map((text) => {
      const span = document.createElement("span");
      span.textContent = text;
      return span;
    }));
  }
}

// Filters of one name move together where the value is offered; all together is the first value where no total is.
function choose(select) {
  const { dimension } = select.dataset;
  for (const other of document.querySelectorAll("select[data-dimension]")) {
    if (other.dataset.dimension !== dimension || other === select) continue;
    const at = [...other.options].findIndex((option) => option.value === select.value);
    if (at >= 0 || select.value === EVERYTHING) other.selectedIndex = Math.max(at, 0);
  }
  ALL.filter((place) => place.drawn && place.selects.some((each) => each.dataset.dimension === dimension))
    .forEach((place) => place.draw());
  filterTables(dimension, select.value);
}

function swatch(series, tint) {
  const sign = document.createElement("span");
  const block = ["area", "bar", "range"].includes(series.form);
  sign.className = "swatch" + (block ? " block" : series.form === "points" ? " points" : series.dashed ? " dashed" : "");
  sign.style.background = tint;
  sign.style.borderColor = tint;
  return sign;
}

function fillLegend(place, choice) {
  const tints = coloursByName(place.spec);
  const first = new Map();
  for (const series of place.spec.series) {
    if (matches(series.facets, choice) && !first.has(series.name)) first.set(series.name, series);
  }
  const buttons = [...first].map(([name, series]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(!place.hidden.has(name)));
    button.append(swatch(series, tints.get(name)), name);
    button.addEventListener("click", () => {
      if (!place.hidden.delete(name)) place.hidden.add(name);
      place.draw();
      [...place.legend.querySelectorAll("button")].find((each) => each.textContent === name).focus();
    });
    return button;
  });
  place.legend.replaceChildren(...(buttons.length > 1 ? buttons : []));
  addMarks(place.legend, place.spec, choice);
}

function addMarks(legend, spec, choice) {
  const told = new Set();
  for (const mark of spec.marks || []) {
    if (mark.across || told.has(mark.name) || !matches(mark.facets, choice)) continue;
    told.add(mark.name);
    const entry = document.createElement("span");
    const sign = document.createElement("span");
    sign.className = "swatch stretch";
    sign.style.background = colour(TONES.includes(mark.tone) ? mark.tone : "idle");
    entry.append(sign, mark.name);
    legend.append(entry);
  }
}

// The range of the x axis after a change by the reader; undefined where the change was of something else.
function rangeOf(change) {
  if (change["xaxis.autorange"]) return null;
  if (change["xaxis.range"]) return change["xaxis.range"];
  if ("xaxis.range[0]" in change) return [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  return undefined;
}

function moved(place, change) {
  const range = rangeOf(change);
  if (range !== undefined && String(range) !== String(place.range || null)) zoom(place, range);
}

// Charts over time are looked at through one window.
function zoom(place, range) {
  for (const each of place.onTime ? ALL.filter((other) => other.onTime) : [place]) {
    each.range = range;
    if (each.drawn) each.draw();
  }
}

function keys(place, event) {
  const axis = place.plot._fullLayout && place.plot._fullLayout.xaxis;
  const moves = { "+": [0.25, -0.25], "=": [0.25, -0.25], "-": [-0.5, 0.5], ArrowLeft: [-0.25, -0.25], ArrowRight: [0.25, 0.25] };
  if (!axis || axis.fixedrange || event.ctrlKey || event.metaKey || event.altKey || event.target !== place.plot) return;
  if (event.key === "0") zoom(place, null);
  else if (event.key in moves) {
    const [from, to] = axis.range.map((end) => axis.r2l(end));
    const [left, right] = moves[event.key].map((share) => share * (to - from));
    zoom(place, [axis.l2r(from + left), axis.l2r(to + right)]);
  } else return;
  event.preventDefault();
}
