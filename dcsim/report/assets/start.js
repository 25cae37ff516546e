// The page comes to life: tables, theme, contents, then charts, those in sight first.

const ROOT = document.documentElement;
const PAPER = 680; // width of A4 within its margins, in CSS pixels
const DARK = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return ROOT.dataset.theme ? ROOT.dataset.theme === "dark" : DARK.matches;
}

function redrawAll() {
  ALL.filter((place) => place.drawn).forEach((place) => place.draw());
}

function startTheme() {
  const button = document.getElementById("theme");
  const label = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", "Show in " + (isDark() ? "light" : "dark") + " colours");
  };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    ROOT.dataset.theme = isDark() ? "light" : "dark";
    label();
    redrawAll();
  });
  DARK.addEventListener("change", () => { label(); redrawAll(); });
}

function startContents() {
  const box = document.getElementById("contents");
  const narrow = matchMedia("(max-width: 900px)");
  const fold = () => { box.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  const links = new Map([...box.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const mark = () => {
    const sections = [...document.querySelectorAll("main > section")];
    const above = sections.filter((each) => each.getBoundingClientRect().top < innerHeight / 3);
    const here = (above.length ? above[above.length - 1] : sections[0] || {}).id;
    links.forEach((link, id) => (id === here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}

function startCharts() {
  assignColours(Object.values(DATA.charts).filter((spec) => spec.kind === "chart"));
  ALL.push(...[...document.querySelectorAll("figure.chart")].map((figure) => new Place(figure)));
  for (const select of document.querySelectorAll("select[data-dimension]")) {
    select.selectedIndex = 0; // browsers remember choices of pages that were left
    select.addEventListener("change", () => choose(select));
  }
  const waiting = new Set(ALL);
  let theme;
  const draw = (place) => { if (waiting.delete(place)) place.draw(); };
  const seen = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(ALL.find((place) => place.figure === entry.target)));
  }, { rootMargin: "300px" });
  ALL.forEach((place) => seen.observe(place.figure));
  const next = () => {
    const [place] = waiting;
    if (place) {
      draw(place);
      setTimeout(next, 0);
    } else ROOT.dataset.charts = "ready";
  };
  setTimeout(next, 50);
  addEventListener("resize", () => {
    const changed = (place) => place.drawn && place.plot.clientWidth && place.plot.clientWidth !== place.width;
    ALL.filter(changed).forEach((place) => place.draw());
  });
  addEventListener("beforeprint", () => {
    theme = ROOT.dataset.theme;
    ROOT.dataset.theme = "light";
    waiting.clear();
    ALL.forEach((place) => place.draw(PAPER));
  });
  addEventListener("afterprint", () => {
    if (theme) ROOT.dataset.theme = theme;
    else delete ROOT.dataset.theme;
    redrawAll();
  });
}

startTheme();
startTables();
startContents();
startCharts();
