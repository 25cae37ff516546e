// Layouts: axes, marks, heights.

const NARROW = 560;
const MOST_TOGETHER = 12; // lines of which all values are told where the pointer rests
const LINE = 15; // height of a line of a tick's text

function axisLayout(axis, wide) {
  const layout = {
    automargin: true, gridcolor: colour("line"), linecolor: colour("edge"), zerolinecolor: colour("edge"), zerolinewidth: 1,
    tickcolor: colour("edge"), tickfont: { color: colour("soft"), size: wide ? 12 : 11 },
    title: { text: "", font: { color: colour("soft"), size: 12 }, standoff: 8 },
  };
  if (axis.kind === "time") Object.assign(layout, { type: "date", tickangle: 0, nticks: wide ? 9 : 4, hoverformat: "%a %d %b %Y, %H:%M" });
  else if (axis.kind === "category") layout.type = "category";
  else {
    layout.type = axis.kind === "log" ? "log" : "linear";
    Object.assign(layout, { separatethousands: true, exponentformat: "SI", minexponent: 7, hoverformat: ",.5~r" });
    if (axis.kind === "log") Object.assign(layout, { dtick: wide ? "D2" : 1, tickformat: ",.4~g" });
  }
  if (axis.zero && axis.kind !== "log") layout.rangemode = "tozero";
  if (axis.ticks) Object.assign(layout, { tickmode: "array", tickvals: axis.ticks, ticktext: axis.ticks.map((at) => number(at)) });
  return layout;
}

function nameBelow(layout, axis, width) {
  if (axis.kind !== "time") layout.title.text = wrapped(axisName(axis), Math.floor(width / 10));
}

// Names along an axis, each broken into lines; where there are too many to read, the library leaves some out.
// Returned is how many lines the longest has.
function nameAxis(layout, names, width, most) {
  Object.assign(layout, { type: "category", categoryorder: "array", categoryarray: names, fixedrange: true });
  if (names.length > most) return 1;
  const plain = (text) => text.replace(/&lt;|&gt;|&amp;|&#37;|&#36;/g, (code) =>
    ({ "&lt;": "<", "&gt;": ">", "&amp;": "&", "&#37;": "%", "&#36;": "$" })[code]);
  const ticktext = names.map((name) => wrapped(plain(name), width));
  Object.assign(layout, { tickmode: "array", tickvals: names, ticktext, tickangle: 0 });
  return Math.max(1, ...ticktext.map((text) => text.split("<br>").length));
}

function markShapes(marks, choice) {
  return (marks || []).filter((mark) => matches(mark.facets, choice)).map((mark) => {
    const tint = colour(TONES.includes(mark.tone) ? mark.tone : "idle");
    if (mark.across) {
      return {
        type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: mark.begin, y1: mark.begin,
        line: { color: tint, width: 1.5, dash: "dot" },
        label: { text: safe(mark.name), textposition: "end", yanchor: "bottom", font: { color: colour("soft"), size: 12 } },
      };
    }
    return {
      type: "rect", xref: "x", x0: mark.begin, x1: mark.end, yref: "paper", y0: 0, y1: 1, layer: "below",
      fillcolor: faint(tint, 0.16), line: { width: mark.begin === mark.end ? 1.5 : 0, color: tint },
    };
  });
}

function baseLayout(wide) {
  return {
    autosize: true, margin: { l: 4, r: 12, t: 10, b: 4 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink") }, showlegend: false,
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("edge"), font: { color: colour("ink"), size: 12 }, namelength: -1, align: "left" },
    dragmode: COARSE ? false : "zoom", modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("soft"), activecolor: colour("accent") },
    height: wide ? 320 : 280,
  };
}

function chartLayout(spec, traces, choice, width) {
  const wide = width > NARROW;
  const layout = baseLayout(wide);
  const flat = Boolean(spec.horizontal);
  layout.xaxis = axisLayout(spec.x, wide);
  layout.yaxis = axisLayout(spec.y, wide);
  nameBelow(layout.xaxis, spec.x, width);
  if (spec.y2) layout.yaxis2 = { ...axisLayout(spec.y2, wide), overlaying: "y", side: "right", showgrid: false };
  const named = flat ? layout.yaxis : layout.xaxis;
  const names = [...new Set(traces.flatMap((trace) => (flat ? trace.y : trace.x)).filter((name) => name != null))];
  let lines = 1;
  if ((flat ? spec.y : spec.x).kind === "category") {
    lines = nameAxis(named, names, flat ? (wide ? 30 : 15) : Math.max(8, Math.floor(width / names.length / 8)), flat ? 200 : 24);
    named.showgrid = false;
  }
  const bars = traces.filter((trace) => trace.type === "bar").length;
  layout.barmode = spec.stacked ? "relative" : "group";
  layout.bargap = 0.3;
  if (flat) {
    layout.yaxis.autorange = "reversed";
    layout.height = 100 + names.length * Math.max(8 + LINE * lines, spec.stacked ? 0 : 16 * bars);
  } else if (spec.x.kind === "time") layout.yaxis.fixedrange = true;
  const curves = traces.filter((trace) => trace.type === "scatter" && trace.hoverinfo !== "skip").length;
  layout.hovermode = flat || bars || curves > MOST_TOGETHER ? "closest" : "x unified";
  if (layout.hovermode === "closest") {
    const lone = traces.filter((trace) => trace.type === "scatter" && trace.hovertemplate);
    lone.forEach((trace) => { trace.hovertemplate = "%{x}<br>" + trace.hovertemplate; });
  }
  layout.shapes = markShapes(spec.marks, choice);
  const heights = layout.shapes.filter((shape) => shape.type === "line").map((shape) => shape.y0);
  if (heights.length) layout.yaxis.autorangeoptions = { include: heights.map((height) => height * 1.1) }; // room for names
  return layout;
}

function heatLayout(spec, layer, choice, width) {
  const wide = width > NARROW;
  const layout = baseLayout(wide);
  layout.xaxis = { ...axisLayout(spec.x, wide), showgrid: false };
  layout.yaxis = { ...axisLayout(spec.y, wide), showgrid: false };
  nameBelow(layout.xaxis, spec.x, width);
  if (spec.x.kind === "category") {
    const columns = positions(layer);
    nameAxis(layout.xaxis, columns, Math.max(6, Math.floor(width / columns.length / 9)), 24);
  }
  const lines = nameAxis(layout.yaxis, layer.rows.map(safe), wide ? 30 : 14, 60);
  layout.yaxis.autorange = "reversed";
  layout.height = Math.min(75 + layer.rows.length * (12 + LINE * lines), 1200);
  layout.shapes = markShapes(spec.marks, choice).map((shape) =>
    ({ ...shape, layer: "above", fillcolor: "rgba(0,0,0,0)", line: { color: shape.line.color, width: 2 } }));
  return layout;
}
