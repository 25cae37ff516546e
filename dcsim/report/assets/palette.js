// Colours, read from the page: they are those of the theme that is shown.
const TONES = ["good", "bad", "warn", "idle", "load", "target"];
const SERIES_COLOURS = 10;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function faint(hex, share) {
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return "rgba(" + parts.join(",") + "," + share + ")";
}

// Give every name of the page a colour: that of its tone, or one of the palette. A name keeps its colour from chart to
// chart unless another name of the chart has it already; colours that no other name has yet are taken first.
function assignColours(specs) {
  const palette = Array.from({ length: SERIES_COLOURS }, (_, at) => "c" + (at + 1));
  const known = new Map();
  for (const spec of specs) {
    spec.keys = new Map();
    const names = new Map();
    for (const each of spec.series) if (!names.get(each.name)) names.set(each.name, TONES.includes(each.tone) ? each.tone : "");
    for (const [name, tone] of names) if (tone) spec.keys.set(name, tone);
    const taken = new Set([...spec.keys.values()].map((key) => (key === "load" ? "c1" : key))); // these two look alike
    const used = new Set(known.values());
    const alone = names.size === 1; // such a chart says nothing about the colour of its name elsewhere
    for (const [name, tone] of names) {
      if (tone) continue;
      const free = palette.filter((key) => !taken.has(key));
      const key = [known.get(name), alone ? free[0] : free.find((each) => !used.has(each)), free[0], palette[spec.keys.size % SERIES_COLOURS]]
        .find((each, at) => each && (at === 3 || !taken.has(each)));
      if (!known.has(name) && !alone) known.set(name, key);
      spec.keys.set(name, key);
      taken.add(key);
      used.add(key);
    }
  }
}

function coloursByName(spec) {
  return new Map([...spec.keys].map(([name, key]) => [name, colour(key)]));
}

function ramp(diverging) {
  const names = diverging
    ? ["below2", "below1", "middle", "above1", "above2"]
    : ["heat0", "heat1", "heat2", "heat3", "heat4", "heat5"];
  return names.map((name, at) => [at / (names.length - 1), colour(name)]);
}
