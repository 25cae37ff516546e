// Series of a chart as traces of the charting library.

function matches(facets, choice) {
  return Object.entries(choice).every(([name, value]) => !facets || !(name in facets) || facets[name] === value);
}

// Positions of a series; names are made safe, so equal names stay equal.
function positions(series) {
  const told = DATA.positions[series.x] || [];
  if (!Array.isArray(told)) return Array.from({ length: told.count }, (_, at) => told.from + at * told.step);
  return typeof told[0] === "string" ? told.map(safe) : told;
}

function hover(axis, name, details) {
  const more = details ? "<br>%{text}" : "";
  return "%{" + axis.letter + ":,.5~r}" + safe(unitAfter(axis)) + more + "<extra>" + safe(name) + "</extra>";
}

// The band between low and high as closed outlines, one for each stretch without gaps.
function band(series, x, tint) {
  const outline = { x: [], y: [] };
  let from = 0;
  for (let at = 0; at <= x.length; at++) {
    const gap = at === x.length || series.low[at] == null || series.high[at] == null;
    if (!gap) continue;
    if (at - from > 1) {
      const back = x.slice(from, at).reverse();
      outline.x.push(...x.slice(from, at), ...back, null);
      outline.y.push(...series.high.slice(from, at), ...series.low.slice(from, at).reverse(), null);
    }
    from = at + 1;
  }
  return {
    type: "scatter", mode: "lines", x: outline.x, y: outline.y, fill: "toself", fillcolor: faint(tint, 0.16),
    line: { width: 0 }, hoverinfo: "skip", showlegend: false, yaxis: series.second ? "y2" : "y",
  };
}

function errors(series, tint) {
  const above = series.y.map((value, at) => (value == null || series.high[at] == null ? 0 : series.high[at] - value));
  const below = series.y.map((value, at) => (value == null || series.low[at] == null ? 0 : value - series.low[at]));
  return { type: "data", symmetric: false, array: above, arrayminus: below, thickness: 1.25, width: 3, color: tint };
}

function barTrace(spec, series, x, tint) {
  const flat = Boolean(spec.horizontal);
  const trace = {
    type: "bar", orientation: flat ? "h" : "v", x: flat ? series.y : x, y: flat ? x : series.y,
    marker: { color: tint }, textposition: "none", hovertemplate: hover({ ...(flat ? spec.x : spec.y), letter: flat ? "x" : "y" }, series.name, series.details),
  };
  if (series.form === "range") {
    const length = series.high.map((value, at) => (value == null || series.low[at] == null ? null : value - series.low[at]));
    const ends = series.high.map((value, at) => number(series.low[at] ?? NaN) + " … " + number(value ?? NaN));
    trace.base = series.low;
    trace[flat ? "x" : "y"] = length;
    trace.customdata = ends.map(safe);
    trace.hovertemplate = trace.hovertemplate.replace(/^%\{[^}]*\}/, "%{customdata}");
  } else if (series.low) trace[flat ? "error_x" : "error_y"] = errors(series, colour("ink"));
  trace.hovertemplate = (flat ? "%{y}<br>" : "%{x}<br>") + trace.hovertemplate;
  return trace;
}

function lineTrace(spec, series, x, tint) {
  const axis = series.second ? spec.y2 : spec.y;
  const few = series.y.length <= 24 && series.form === "line" && spec.x.kind !== "time";
  const trace = {
    type: "scatter", x, y: series.y, mode: series.form === "points" ? "markers" : few ? "lines+markers" : "lines",
    line: { color: tint, width: series.form === "area" ? 0 : 2, dash: series.dashed ? "6px,4px" : "solid",
            shape: series.form === "line" ? "linear" : "hv", simplify: true },
    marker: { color: tint, size: 7 }, hovertemplate: hover({ ...axis, letter: "y" }, series.name, series.details),
  };
  if (series.form === "area") Object.assign(trace, { stackgroup: series.second ? "right" : "left", fillcolor: faint(tint, 0.6) });
  if (series.low && series.form === "points") trace.error_y = errors(series, faint(tint, 0.45));
  return trace;
}

function tracesOf(spec, choice, hidden) {
  const tints = coloursByName(spec);
  const traces = [];
  for (const series of spec.series) {
    if (!matches(series.facets, choice) || hidden.has(series.name)) continue;
    const x = positions(series);
    const tint = tints.get(series.name);
    if (series.low && (series.form === "line" || series.form === "step")) traces.push(band(series, x, tint));
    const bar = series.form === "bar" || series.form === "range";
    const trace = bar ? barTrace(spec, series, x, tint) : lineTrace(spec, series, x, tint);
    trace.name = safe(series.name);
    trace.showlegend = false;
    if (series.second) trace.yaxis = "y2";
    if (series.details) trace.text = series.details.map(safe);
    traces.push(trace);
  }
  return traces;
}
