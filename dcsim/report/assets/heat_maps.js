// Heat maps: one layer at a time, colours and their scale.

const CELLS_WITH_TEXT = 120;

function layerOf(spec, choice) {
  return spec.layers.find((layer) => matches(layer.facets, choice));
}

// Least and largest value of a layer; for a log scale only what is above 0 counts.
function extent(spec, layer) {
  let least = Infinity;
  let most = -Infinity;
  for (const row of layer.values) {
    for (const value of row) {
      if (value == null || (spec.colour.kind === "log" && value <= 0)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (least > most) return null;
  if (spec.colour.zero && spec.colour.kind !== "log") least = Math.min(least, 0);
  if (spec.diverging) {
    most = Math.max(Math.abs(least), Math.abs(most));
    least = -most;
  }
  return [least, most];
}

function heatTrace(spec, layer) {
  const bounds = extent(spec, layer) || [0, 1];
  const log = spec.colour.kind === "log";
  const shade = (value) => (value == null ? null : log ? (value > 0 ? Math.log10(value) : null) : value);
  const told = (value) => (value == null ? "" : number(value) + unitAfter(spec.colour));
  const texts = layer.values.map((row, at) =>
    row.map((value, column) => {
      const more = layer.details ? layer.details[at][column] : "";
      return safe(told(value)) + (more ? "<br>" + safe(more) : "");
    }));
  const x = positions(layer);
  const trace = {
    type: "heatmap", x, y: layer.rows.map(safe), z: layer.values.map((row) => row.map(shade)), hovertext: texts,
    hovertemplate: "%{y}<br>%{x}<br><b>%{hovertext}</b><extra></extra>", hoverongaps: false, showscale: false,
    zmin: shade(bounds[0]), zmax: bounds[1] === bounds[0] ? shade(bounds[1]) + 1 : shade(bounds[1]),
    colorscale: ramp(spec.diverging), xgap: x.length > 60 ? 0 : 1, ygap: 1,
  };
  if (x.length * layer.rows.length <= CELLS_WITH_TEXT && spec.x.kind !== "time") {
    trace.text = layer.values.map((row) => row.map((value) => (value == null ? "" : safe(log ? number(value, 3) : telling(value, bounds)))));
    trace.texttemplate = "%{text}";
  }
  return trace;
}

// A value with as many decimals as tell the values between the bounds apart.
function telling(value, bounds) {
  const apart = bounds[1] - bounds[0] || Math.abs(bounds[1]);
  const decimals = apart > 0 ? Math.min(Math.max(1 - Math.floor(Math.log10(apart)), 0), 12) : 0;
  return value.toLocaleString("en-GB", { maximumFractionDigits: decimals });
}

// The scale of colours in words and colours, above the map.
function fillScale(box, spec, layer) {
  box.replaceChildren();
  const bounds = extent(spec, layer);
  if (!bounds) return;
  const colours = ramp(spec.diverging).map(([, tint]) => tint).join(", ");
  const strip = document.createElement("span");
  strip.className = "ramp";
  strip.style.background = "linear-gradient(to right, " + colours + ")";
  const scale = spec.colour.kind === "log" ? ", log scale" : "";
  const ends = spec.colour.kind === "log" ? bounds.map((end) => number(end, 3)) : bounds.map((end) => telling(end, bounds));
  const unit = unitAfter(spec.colour);
  const [name, before, after] = [spec.colour.title + scale, ends[0] + unit, ends[1] + unit].map((text) => {
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  });
  const bar = document.createElement("span");
  bar.className = "scale";
  bar.append(before, strip, after);
  box.append(name, bar);
}
