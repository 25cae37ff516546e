// Texts for the charting library, which reads a part of HTML and its own templates in every text that it is given.
function safe(text) {
  const codes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "%": "&#37;", "$": "&#36;" };
  return String(text).replace(/[&<>%$]/g, (sign) => codes[sign]);
}

// Break a name into lines of at most `most` signs, after signs at which names may be broken.
function wrapped(name, most) {
  const width = Math.max(6, most || 0);
  const lines = [""];
  for (const word of String(name).match(/[^\s_\-./,:=]*[\s_\-./,:=]*/g).filter(Boolean)) {
    for (let at = 0; at < word.length; at += width) {
      const piece = word.slice(at, at + width);
      if (lines[lines.length - 1].length + piece.trimEnd().length > width && lines[lines.length - 1]) lines.push("");
      lines[lines.length - 1] += piece;
    }
  }
  return lines.map((line) => safe(line.trimEnd())).join("<br>");
}

function axisName(axis) {
  return axis.unit && axis.title ? axis.title + " (" + axis.unit + ")" : axis.title || axis.unit || "";
}

function unitAfter(axis) {
  const unit = axis.unit || "";
  return unit === "%" ? " %" : unit ? " " + unit : "";
}

function number(value, digits) {
  return value.toLocaleString("en-GB", { maximumSignificantDigits: digits || 5 });
}
